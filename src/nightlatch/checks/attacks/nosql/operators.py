"""MongoDB's operators, in the names of a form or JSON object and in fragments of one.

An application that hands a decoded body to `find()` lets its caller choose the operator:
`{"password": {"$ne": ""}}` is every user. Frameworks write it in brackets: `password[$ne]=`.
"""

import re

_LOOSE = frozenset(("$ne", "$nin", "$not", "$nor", "$or", "$and", "$regex", "$exists", "$all"))
"""They turn a comparison into nearly everything."""
_ORDER = frozenset(("$gt", "$gte", "$lt", "$lte", "$eq", "$in", "$mod", "$size", "$elemmatch"))
_CODE = frozenset(("$where", "$function", "$accumulator", "$expr", "$jsonschema"))
"""They run code, or an expression over the whole document."""
_STAGES = frozenset(("$lookup", "$unionwith", "$out", "$merge", "$match", "$graphlookup"))
OPERATORS = _LOOSE | _ORDER | _CODE | _STAGES

_FILTERS = frozenset(
    """filter filters where query criteria conditions pipeline aggregate aggregation search
    selector match populate sort options predicate""".split()
)
"""Under these names some published APIs (Strapi, Feathers, the MongoDB Data API) take operators."""
_SECRETS = re.compile(
    r"user|login|name|pass|pwd|mail|token|pin|otp|code|secret|key|auth|account|session|reset"
)
_SEGMENT = re.compile(r"[^.\[\]]+")

_FRAGMENT = re.compile(
    r"""(?P<before>[\s'"\]}\w.]{0,40}+[,\[{]\s*+)['"]?(?P<operator>\$[a-zA-Z]+)['"]?\s*+:""",
    re.VERBOSE,
)


def in_name(path: str) -> tuple[int, str] | None:
    """Certainty and operator when the name `user[$ne]` or `$.user.$ne` holds one."""
    segments = [segment.lower() for segment in _SEGMENT.findall(path)]
    for number, segment in enumerate(segments):
        if segment in OPERATORS:
            return _certainty(segment, segments[:number]), segment
    return None


def _certainty(operator: str, owners: list[str]) -> int:
    published = any(owner in _FILTERS for owner in owners)
    if operator in _CODE:
        return 60 if published and operator == "$expr" else 85
    if published:
        return 30
    if operator in _STAGES:
        return 55
    if any(_SECRETS.search(owner) for owner in owners):
        return 85
    return 75 if operator in _LOOSE else 62


def in_fragment(text: str) -> str | None:
    """The operator in a piece of an object that would be pasted into one: `', $or: [{}, {'a':'`."""
    matched = _FRAGMENT.match(text)
    if matched is None or matched["operator"].lower() not in OPERATORS:
        return None
    return matched["operator"]
