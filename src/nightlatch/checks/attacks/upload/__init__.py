"""Uploaded files: what their names and their contents give away."""
