"""Content type specification: does the request say which types it understands?"""

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part


def judge(evidence: Evidence) -> Verdict:
    response = evidence.exchange.response
    if response is None or not response.body.size:
        return SKIP
    accept = evidence.exchange.request.headers.get(b"accept")
    if accept is None:
        return "the request has no Accept field"
    accept = accept.lower()
    if "json" in accept or "*/*" in accept or "application/*" in accept:
        return None
    answered = (response.headers.get(b"content-type") or "").partition(";")[0].strip().lower()
    if answered and (answered in accept or answered.partition("/")[0] + "/*" in accept):
        return None
    return "Accept names neither JSON nor the type of the answer"


CHECK = Check(
    id="accept-header",
    title="The request does not say which types it understands",
    level=Level.LOW,
    scope=Scope.REQUEST,
    what="""\
Reads the request's `Accept`. Fails when it is absent, or names neither JSON nor the type that
was answered. `*/*` and `application/*` pass, as they do in RFC 9110: browsers, curl and most
libraries send them. Requests that got no body are not judged.""",
    why="""\
Nothing breaks today. A client that states what it understands gets a clear 406 on the day the
API learns a second format, instead of a page of HTML in its JSON parser; and requests without it
are seldom made by the clients you ship.""",
    example="""\
GET /orders/7 HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 7}
""",
    remedy="""\
State it in your clients:

```python
client = httpx.Client(headers={"Accept": "application/json"})
```

A server need not refuse requests without it.""",
    owasp="API8:2023",
    cwe=436,
    references=("https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1",),
    needs=frozenset({Part.REQUEST_HEADERS, Part.RESPONSE_HEADERS}),
    judge=judge,
    treblle="Content type specification",
)
