"""Screen 3, Review: the list of predictions and the item beside it."""
