"""Honest numbers: means with their errors, and later comparison, agreement and reward hacking."""
