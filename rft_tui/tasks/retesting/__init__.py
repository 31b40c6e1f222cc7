"""The live retest of a grader that is being edited: what to test it on, its grades, and what its changes do."""
