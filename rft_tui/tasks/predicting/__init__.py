"""Asking models for predictions: what a person wants, what it comes to, and the asking itself."""
