"""Tests; they mirror the source tree. ``benchmarks`` is run by hand."""
