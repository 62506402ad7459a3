"""GraphQL abuse: a document that maps the schema, or costs more than it looks."""

import re

from nightlatch.checks.attacks.graphql.shape import (
    REPEATED,
    count_aliased,
    depth,
    directives,
    has_circle,
    introspected,
    is_document,
    repeated,
    selections,
)
from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.value import Clue, Place, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_DEEP = 22
"""Selections within selections. Large clients send up to 15, the usual introspection query 13."""
_VERY_DEEP = 40
_GUESSES = 5
"""Attempts at one secret in one document."""
_DIRECTIVES = 8
_PLACES = frozenset(
    (Place.QUERY, Place.FORM, Place.MULTIPART, Place.JSON, Place.BODY, Place.PATH, Place.COOKIE)
)
_SECRETS = LazyPattern(
    r"(?:log_?in|sign_?in|password|otp|pin|mfa|2fa|verif|token|authent|coupon|voucher|promo"
    r"|redeem|reset|code)",
    re.IGNORECASE,
)


def recognise(text: str, value: Value) -> Clue | None:
    if value.place not in _PLACES or value.is_name or not is_document(text):
        return None
    bare = selections(text)
    certainty, why = max(_of_intent(bare), _of_cost(bare), _of_repetition(bare))
    if not certainty:
        return None
    return Clue(certainty, why, text.strip()[:120])


def _of_intent(bare: str) -> tuple[int, str]:
    match introspected(bare):
        case "__schema":
            return 76, "asks for the whole schema"
        case "__type":
            return 66, "asks for a type of the schema"
    return 0, ""


def _of_cost(bare: str) -> tuple[int, str]:
    """Each count is made only where a look at the characters says that it may be high."""
    if "fragment" in bare and has_circle(bare):
        return 90, "has a fragment that contains itself"
    if bare.count("@") >= _DIRECTIVES and (row := directives(bare)) >= _DIRECTIVES:
        return 80, f"puts {row} directives on one field"
    if bare.count("{") >= _DEEP and (deep := depth(bare)) >= _DEEP:
        return (88 if deep >= _VERY_DEEP else 70), f"is {deep} selections deep"
    return 0, ""


def _of_repetition(bare: str) -> tuple[int, str]:
    colons = bare.count(":")
    if colons >= REPEATED or (colons >= _GUESSES and _SECRETS.search(bare)):
        for field, times in count_aliased(bare).most_common(3):
            if times >= _GUESSES and _SECRETS.search(field):
                return 82, f"makes {times} attempts in one document"
            if times >= REPEATED:
                return 68, f"asks for one field {times} times under other names"
    if len(bare) > REPEATED and repeated(bare):
        return 80, f"asks for one field more than {REPEATED - 1} times"
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
directives, and for fragments that contain themselves. What large clients send passes. Whether a
stranger was given the schema is told by `graphql-introspection`.""",
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
Except the endpoint that your developers explore from this check.""",
    owasp="API4:2023",
    cwe=770,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/GraphQL_Cheat_Sheet.html",
        "https://spec.graphql.org/October2021/#sec-Introspection",
    ),
    reads=SENT,
    judge=Found("graphql-abuse"),
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
