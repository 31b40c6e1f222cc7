"""The judgement of people: several reviewers, and how a grader agrees with them."""
