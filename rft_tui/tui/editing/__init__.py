"""Editing text in a pane: the text with its history, how lines are broken into rows, and their colours."""
