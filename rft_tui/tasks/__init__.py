"""Work on the store: datasets brought in, predictions graded."""
