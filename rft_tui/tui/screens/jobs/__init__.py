"""Screen 6, Jobs: the list, one job with its curves, the form of a new one."""
