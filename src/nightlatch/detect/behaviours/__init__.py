"""Detectors that work after the answer: one file each."""
