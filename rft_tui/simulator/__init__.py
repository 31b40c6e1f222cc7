"""The embedded model service: OpenAI-compatible, on loopback, with recorded, derived and lexical answers. Simulated."""
