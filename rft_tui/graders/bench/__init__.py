"""The grader bench: what a learner would try on a grader, and what a sound grader says of it. Pure, without a store."""
