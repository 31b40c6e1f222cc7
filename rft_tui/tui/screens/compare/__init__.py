"""Screen 5, Compare: operands held against each other."""
