"""Screen 4, Graders: versions, the editor, probes, and what goes with them."""
