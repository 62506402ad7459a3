"""Expressions that templates and frameworks evaluate, and what they reach for."""
