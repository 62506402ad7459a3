"""IDs vs UUIDs: record numbers in the path that anybody can count through."""

import re
from functools import lru_cache

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.checks.wording import named
from nightlatch.exchange.judgement import Level

_LONGEST = 12
"""Digits. Longer numbers are time-ordered or random ids whose space cannot be walked."""
_NOT_RECORDS = re.compile(
    r"year|month|day|date|page|version|limit|offset|size|width|height|zoom|lat|lon", re.IGNORECASE
)


def judge(evidence: Evidence) -> Verdict:
    template = evidence.exchange.endpoint.template
    if "{" not in template:
        return SKIP
    values = evidence.exchange.request.path.split("/")
    for at, name in _records(template):
        if at < len(values) and len(value := values[at]) <= _LONGEST and value.isdecimal():
            digits = f"{len(value)} digit{'s' * (len(value) > 1)}"
            return f"the path parameter {named(name)} is a plain number of {digits}"
    return None


@lru_cache(1024)
def _records(template: str) -> tuple[tuple[int, str], ...]:
    """Where a template has parameters that may number records, and their names."""
    names = [
        (at, part[1:].rstrip("}").partition(":")[0])
        for at, part in enumerate(template.split("/"))
        if part.startswith("{")
    ]
    return tuple((at, name) for at, name in names if not _NOT_RECORDS.search(name))


CHECK = Check(
    id="sequential-ids",
    title="Records are numbered so that they can be counted through",
    level=Level.LOW,
    scope=Scope.ENDPOINT,
    what="""\
Reads the parameters of the path, as the route template marks them. Fails when one is a plain
number of at most 12 digits; page numbers, dates and sizes are left out. Numbers in the query are
judged by the ledger, which sees whether somebody really walks them.""",
    why="""\
With numbers, the next record is one addition away. It is not a hole by itself: it turns every
missing permission check into a leak of the whole table. First American lost 885 million
documents behind a nine-digit number.""",
    example="""\
GET /documents/100245 HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
""",
    remedy="""\
Check that the caller may see this very record; that is the cure. As a second wall, hand out ids
that carry no order and keep the number inside:

```python
class Document(Base):
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid4, unique=True)

@app.get("/documents/{public_id}")
def document(public_id: UUID, user: CurrentUser) -> Document: ...
```""",
    owasp="API1:2023",
    cwe=340,
    references=(
        "https://www.rfc-editor.org/rfc/rfc9562",
        "https://cwe.mitre.org/data/definitions/639.html",
    ),
    judge=judge,
    treblle="IDs vs UUIDs",
)
