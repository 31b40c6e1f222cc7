"""Screen 2, Runs: the list, and the form that asks a model."""
