"""Widgets that paint lines: table, text pane, header, footer, one-line input."""
