"""Gradients that other libraries are known to get wrong, one test each."""
