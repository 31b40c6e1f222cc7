"""Pictures of comparisons as lines of text: they read without colours too, and know nothing of the store."""
