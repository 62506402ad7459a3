"""Documented breaches, played against the real pipeline: what would it have cost, protected?"""
