"""Is this request an attack? The engine that reads every value of a request for one.

The way of a request: `take_apart` names its values; `decoding` finds what hides in them; one pass
of Hyperscan (`proposals`) says which recognisers should look at which; a recogniser knows the
language it reads and decides; `engine` puts what they say together.

A new attack costs one file beside these, with its help page, its recogniser and its patterns, one
line in `registry`, and its cases under `tests/checks/attacks/cases/`.
"""
