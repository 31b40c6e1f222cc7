"""Fine-tuning jobs of the simulated service: what happens when is computed from the request, nothing really trains."""
