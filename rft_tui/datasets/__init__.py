"""Data in and out: read, check, shape, split and write dataset files; nothing here knows the store or a service."""
