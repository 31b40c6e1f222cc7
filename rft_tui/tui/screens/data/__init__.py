"""Screen 1, Data: datasets and their items."""
