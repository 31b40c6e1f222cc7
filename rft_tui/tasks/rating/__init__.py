"""A second rater: a stronger model that is asked about a grader; what it says is shown, and changes nothing."""
