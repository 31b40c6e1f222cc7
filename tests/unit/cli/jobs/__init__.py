"""`job` and its verbs, against the simulated service in this process."""
