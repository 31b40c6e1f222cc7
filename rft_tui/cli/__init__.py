"""The command line: nouns, then verbs; thin, over the same code as the screens."""
