"""Everything that is looked at before a job is launched: facts gathered once, and one small check for each topic."""
