"""A second rater in the app: who is asked, what is under way, and how what it says stands on the screen."""
