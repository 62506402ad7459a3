"""A wildcard where an identifier belongs."""

import re
from collections.abc import Iterable

from nightlatch.checks.check import Check, Evidence, Scope, Verdict
from nightlatch.checks.wording import named
from nightlatch.exchange.content import Leaf
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

_LONGEST_NAME = 64
_IDENTIFIER_NAME = re.compile(
    r"""(?:^|[_\-.\[]|(?<=[a-z])(?=[A-Z]))
    (?i:ids?|uuid|guid|phones?|phone_?numbers?|mobile|msisdn|tel|emails?|e-mail|users?|user_?names?|login
      |accounts?|account_?number|customers?|members?|iban|vin|ssn|passport|card|serial|handle|key)
    \]?$""",
    re.VERBOSE,
)
_WILD = re.compile(r"[*%]{1,2}|[*%][\w@.+-]{1,40}[*%]?|[\w@.+-]{1,40}[*%]")


def judge(evidence: Evidence) -> Verdict:
    request = evidence.exchange.request
    if "*" in request.path or "%" in request.path:
        template = evidence.exchange.endpoint.template
        for part, value in zip(template.split("/"), request.path.split("/"), strict=False):
            if part.startswith("{") and _wild(value):
                return f"a wildcard stands for the path parameter {named(part.strip('{}'))}"
    found = None
    if request.query and ("*" in request.query or "%2" in request.query):
        found = _wildcard_among(evidence.query)
    # The raw bytes tell at once that there is none, whatever the number of fields.
    if not found and (b"*" in request.body.data or b"%" in request.body.data):
        found = _wildcard_among(evidence.request.leaves)
    return f"a wildcard stands for the identifier {found}" if found else None


def _wildcard_among(leaves: Iterable[Leaf]) -> str | None:
    for leaf in leaves:
        if _wild(leaf.value) and _identifies(leaf.name):
            return named(leaf.path)
    return None


def _wild(value: object) -> bool:
    """`*`, `%`, `+1555%`, `*@example.com`; but not "100 % wool" and not the mask "****1234"."""
    return isinstance(value, str) and _WILD.fullmatch(value) is not None


def _identifies(name: str) -> bool:
    return len(name) <= _LONGEST_NAME and _IDENTIFIER_NAME.search(name) is not None


CHECK = Check(
    id="wildcard-identifier",
    title="A wildcard where an identifier belongs",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Fails when a path parameter, or a query or body field whose name is that of an identifier (id,
phone, e-mail, user, account …), is a wildcard or ends or begins with one: `*`, `%`, `+1555%`,
`*@example.com`. Search terms and field lists may hold wildcards; masked values like `****1234`
pass. Whether the attempt succeeded does not matter: no honest client sends it.""",
    why="""\
If the value reaches a LIKE, a Redis KEYS or a search engine, one request stands for everybody.
Entire customer tables have left through a star.""",
    example="""\
GET /accounts?phone=%25 HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
""",
    remedy="""\
Give identifiers a type that has no room for wildcards, and compare with `=`:

```python
Phone = Annotated[str, StringConstraints(pattern=r"^\\+[1-9][0-9]{6,14}$")]

@app.get("/accounts")
def account(phone: Phone) -> AccountOut:
    return session.scalars(select(Account).where(Account.phone == phone)).one()
```

Where a search needs LIKE, escape: `column.contains(term, autoescape=True)`.""",
    owasp="API1:2023",
    cwe=155,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/Input_Validation_Cheat_Sheet.html",
        "https://docs.sqlalchemy.org/en/20/core/sqlelement.html",
    ),
    reads=frozenset({Part.QUERY, Part.REQUEST_BODY}),
    judge=judge,
)
