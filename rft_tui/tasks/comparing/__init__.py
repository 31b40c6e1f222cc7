"""Comparing: operands held against each other on their common items, with what stands behind every number."""
