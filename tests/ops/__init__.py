"""Tests of the operations: generated from their declarations, and one file per chapter."""
