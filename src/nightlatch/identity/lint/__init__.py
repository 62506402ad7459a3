"""What is wrong with a token that can be seen by reading it: each rule with its level, its source
and what to do about it.

The live pipeline asks those that need no knowledge of the issuer (`Rule.live`); the workbench asks
all of them, through `registry.lint`.
"""
