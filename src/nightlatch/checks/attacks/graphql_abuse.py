"""GraphQL abuse: a document that maps the schema, or costs more than it looks."""

import re

from nightlatch.checks.attacks.graphql.shape import Shape, is_document
from nightlatch.checks.attacks.recogniser import Recogniser, found
from nightlatch.checks.attacks.value import Clue, Place, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_DEEP = 22
"""Selections within selections. Large clients send up to 15, the usual introspection query 13."""
_VERY_DEEP = 40
_REPEATED = 100
"""Of one field. Lists of known ids are asked for by aliases, some tens at once."""
_GUESSES = 5
"""Attempts at one secret in one document."""
_DIRECTIVES = 8
_PLACES = frozenset(
    (Place.QUERY, Place.FORM, Place.MULTIPART, Place.JSON, Place.BODY, Place.PATH, Place.COOKIE)
)
_SECRETS = re.compile(
    r".*(?:log_?in|sign_?in|password|otp|pin|mfa|2fa|verif|token|authent|coupon|voucher|promo"
    r"|redeem|reset|code)",
    re.IGNORECASE,
)


def recognise(text: str, value: Value) -> Clue | None:
    if value.place not in _PLACES or value.is_name or not _is_costly(text):
        return None
    if not is_document(text):
        return None
    shape = Shape(text)
    certainty, why = max(_of_intent(shape), _of_cost(shape))
    if not certainty:
        return None
    return Clue(certainty, why, text.strip()[:120])


def _is_costly(text: str) -> bool:
    """Rules out nearly all documents by counting characters."""
    return (
        "__schema" in text
        or "__type" in text.replace("__typename", "")
        or text.count("{") >= _DEEP
        or text.count("@") >= _DIRECTIVES
        or text.count(":") >= _GUESSES
        or text.count("fragment") > 0
        or len(text) > 1000
    )


def _of_intent(shape: Shape) -> tuple[int, str]:
    if shape.introspects == "__schema":
        return 76, "asks for the whole schema"
    if shape.introspects:
        return 66, "asks for a type of the schema"
    return 0, ""


def _of_cost(shape: Shape) -> tuple[int, str]:
    if shape.circle:
        return 90, "has a fragment that contains itself"
    if shape.directives >= _DIRECTIVES:
        return 80, f"puts {shape.directives} directives on one field"
    for field, times in shape.aliases.most_common(3):
        if times >= _GUESSES and _SECRETS.fullmatch(field):
            return 82, f"makes {times} attempts in one document"
    if shape.depth >= _DEEP:
        return (88 if shape.depth >= _VERY_DEEP else 70), f"is {shape.depth} selections deep"
    most = shape.fields.most_common(1)
    times = most[0][1] if most else 0
    if times >= _REPEATED and times * 3 > shape.fields.total():
        return (80 if times >= 5 * _REPEATED else 68), f"asks for one field {times} times"
    return 0, ""


CHECK = Check(
    id="graphql-abuse",
    title="A GraphQL document maps or exhausts the server",
    level=Level.MEDIUM,
    scope=Scope.REQUEST,
    what="""\
Reads GraphQL documents in queries, JSON and bodies. Fails for introspection (`__schema`,
`__type`), for more than 21 selections within each other, for one field asked for a hundred times
by aliases or repetition, for several attempts at a login or code in one document, for rows of
directives, and for fragments that contain themselves. What large clients send passes.""",
    why="""\
One request can ask for a million objects, or try a thousand passwords where only requests are
counted. The schema is the map on which the rest is planned.""",
    example="""\
POST /graphql HTTP/1.1
Host: api.example.com
Content-Type: application/json

{"query": "{ __schema { types { name fields { name } } } }"}
""",
    remedy="""\
Bound depth, aliases and tokens, and turn introspection off outside development. With Strawberry:

```python
from strawberry.extensions import (
    DisableIntrospection, MaxAliasesLimiter, MaxTokensLimiter, QueryDepthLimiter,
)

schema = strawberry.Schema(Query, extensions=[
    QueryDepthLimiter(max_depth=15), MaxAliasesLimiter(max_alias_count=15),
    MaxTokensLimiter(max_token_count=1000), DisableIntrospection(),
])
```

If only your own clients ask, accept only the documents they were built with (persisted queries).
Exempt the developers' endpoint from this check by an exception.""",
    owasp="API4:2023",
    cwe=770,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/GraphQL_Cheat_Sheet.html",
        "https://spec.graphql.org/October2021/#sec-Introspection",
    ),
    judge=found("graphql-abuse"),
)

RECOGNISER = Recogniser(
    check=CHECK.id,
    patterns=(
        r"__(?:schema|type)\b",
        r"\bfragment\s+\w+\s+on\s",
        # Documents that are long, deep, or ask for much under other names.
        r"\{(?:[^{}\"]{0,400}\{){20}",
        r"^\s*(?:query|mutation|\{)[^\n]{0,60}\{?\s*\w+\s*:\s*\w+[\s({}]",
        r"(?:@\w+[^@{}]{0,40}){8}",
        r"(?:\b\w+\s+){64}\}",
    ),
    recognise=recognise,
)
