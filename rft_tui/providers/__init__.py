"""Model services: OpenAI-compatible clients, their prices, and how fast they may be asked."""
