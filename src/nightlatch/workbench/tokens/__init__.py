"""Tokens on the bench: taken apart, explained, verified, judged and made. Nothing leaves the
machine, and nothing is kept."""
