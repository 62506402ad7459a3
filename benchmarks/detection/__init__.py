"""What the attack engine finds in recorded requests, what it takes for one, and what it costs.

`make bench-detection CORPUS=dir`; docs/guides/detection-benchmark.md says how to read it.
"""
