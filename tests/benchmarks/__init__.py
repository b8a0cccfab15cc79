"""Benchmarks as ratios: ``python -m tests.benchmarks [--only NAME] [--quick]``."""
