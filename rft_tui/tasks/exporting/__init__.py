"""Out: what Review lists as tables, tests and preference pairs for other programs."""
