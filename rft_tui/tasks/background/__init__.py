"""Work that outlives the terminal: the worker, its tasks, and what it shares with whoever watches."""
