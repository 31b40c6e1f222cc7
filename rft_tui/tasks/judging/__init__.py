"""Grading with a model as the judge: the judge behind a profile, and the task that grades with it."""
