"""Asking through the batches of a service: files, steps that can be taken up again, answers taken in."""
