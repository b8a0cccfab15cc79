"""Values and gradients beside those of other libraries, where they are installed."""
