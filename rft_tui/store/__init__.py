"""The local SQLite cache: the one place where datasets, predictions, grades and verdicts rest."""
