"""Excessive records in one response."""

from typing import Any

from nightlatch.checks.answers import success
from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.content import ContentKind
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

MOST_PEOPLE = 100
MOST_RECORDS = 500
_SMALLEST_RECORD = 3
"""Bytes: `{},`."""


def judge(evidence: Evidence) -> Verdict:
    response = success(evidence)
    if response is None:
        return SKIP
    people = len(evidence.disclosure.disclosed)
    if people > MOST_PEOPLE:
        return f"one answer carries the records of {people} people or more"
    content = evidence.response
    if content.kind is not ContentKind.JSON:
        return None if people else SKIP
    if len(response.body.data) < MOST_RECORDS * _SMALLEST_RECORD:
        return None
    records = _longest_list(content.value)
    return f"one answer carries a list of {records} records" if records > MOST_RECORDS else None


def _longest_list(value: Any) -> int:
    """Rows at the top, or in a field of the top (`{"items": […]}`, `{"data": {"users": […]}}`)."""
    if type(value) is list:
        return len(value) if value and type(value[0]) is dict else 0
    if type(value) is not dict:
        return 0
    longest = 0
    for child in value.values():
        if type(child) is list and len(child) > longest and child and type(child[0]) is dict:
            longest = len(child)
        elif type(child) is dict:
            for rows in child.values():
                if type(rows) is list and len(rows) > longest and rows and type(rows[0]) is dict:
                    longest = len(rows)
    return longest


CHECK = Check(
    id="excessive-records",
    title="Too many records in one answer",
    level=Level.MEDIUM,
    scope=Scope.REQUEST,
    what=f"""\
Fails when one successful answer discloses more than {MOST_PEOPLE} people, or holds a list of
more than {MOST_RECORDS} objects. Long lists of plain numbers (a chart's points) pass. Only the
captured part of a body is counted, so there may be more.""",
    why="""\
An answer without a page size hands over the table at the first request, and whoever asks for it
often enough brings the database down. Limits that count requests do not see it.""",
    example="""\
GET /users HTTP/1.1
Host: api.example.com
Authorization: Bearer …

HTTP/1.1 200 OK
Content-Type: application/json

[{"id": 1, "email": "…"}, … 12,000 more]
""",
    remedy="""\
Give every list a page size with an upper bound, and continue by a cursor:

```python
@app.get("/users")
def users(
    limit: Annotated[int, Query(ge=1, le=100)] = 50, after: UUID | None = None
) -> Page[UserOut]: ...
```

Offer exports as their own endpoint, for few people, with an entry in the audit log.""",
    owasp="API4:2023",
    cwe=770,
    references=(
        "https://www.rfc-editor.org/rfc/rfc8288",
        "https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/",
    ),
    needs=frozenset({Part.STATUS}),
    reads=frozenset({Part.RESPONSE_BODY}),
    judge=judge,
)
