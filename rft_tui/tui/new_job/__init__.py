"""The form of a new job: its fields for each method, what is typed turned into a request, and the way back."""
