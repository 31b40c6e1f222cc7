"""Where jobs run: one file for each backend, behind one door."""
