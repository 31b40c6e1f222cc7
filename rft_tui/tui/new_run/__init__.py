"""The form of a new run: its fields, what is typed turned into a request, and what it is filled with."""
