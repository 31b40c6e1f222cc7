"""The bench of a grader: its rows, its evidence, its settings."""
