"""The list of background work."""
