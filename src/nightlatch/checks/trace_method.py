"""TRACE answered: the request comes back, credentials included."""

from nightlatch.checks.answers import success
from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

_ECHOING = frozenset({"TRACE", "TRACK"})


def judge(evidence: Evidence) -> Verdict:
    method = evidence.exchange.request.method
    if method not in _ECHOING:
        return SKIP
    if success(evidence) is None:
        return None
    return f"{method} was answered with success"


CHECK = Check(
    id="trace-method",
    title="TRACE is answered",
    level=Level.LOW,
    scope=Scope.ENDPOINT,
    what="""\
Fails when a TRACE (or Microsoft's TRACK) is answered 2xx. Every refusal passes; other methods
are not judged.""",
    why="""\
TRACE sends the request back as the server saw it, with what proxies added: cookies a script may
not read, internal addresses, credentials of the proxy. Nobody uses it for good any more.""",
    example="""\
TRACE / HTTP/1.1
Host: api.example.com
Cookie: session=…

HTTP/1.1 200 OK
Content-Type: message/http
""",
    remedy="""\
`TraceEnable Off` in Apache; nginx and uvicorn refuse it by themselves. In the application, name
the methods of a route instead of accepting all of them:

```python
@app.api_route("/orders", methods=["GET", "POST"])
def orders(request: Request) -> list[Order]: ...
```""",
    owasp="API8:2023",
    cwe=693,
    references=(
        "https://www.rfc-editor.org/rfc/rfc9110#section-9.3.8",
        "https://owasp.org/www-community/attacks/Cross_Site_Tracing",
    ),
    needs=frozenset({Part.STATUS}),
    judge=judge,
)
