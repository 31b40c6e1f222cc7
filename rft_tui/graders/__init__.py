"""Graders that turn a prediction into a score: their rules, their metrics and the engine that runs them."""
