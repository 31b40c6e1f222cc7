"""Importers: predictions and grades made elsewhere, one file per format."""
