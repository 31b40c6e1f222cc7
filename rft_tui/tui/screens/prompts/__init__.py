"""Prompts: the list and the editor."""
