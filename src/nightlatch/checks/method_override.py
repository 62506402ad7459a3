"""An HTTP method override that was accepted."""

from nightlatch.checks.check import Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

_FIELDS = (b"x-http-method-override", b"x-http-method", b"x-method-override")
_METHODS = frozenset({"PUT", "PATCH", "DELETE", "GET", "POST", "HEAD"})


def judge(evidence: Evidence) -> Verdict:
    request = evidence.exchange.request
    if not request.headers.has_any(_FIELDS):
        return None
    response = evidence.exchange.response
    for field in _FIELDS:
        if field in request.headers:
            asked = (request.headers.get(field) or "").strip().upper()
            if asked not in _METHODS or asked == request.method:
                return None
            if response is None or response.status >= 400:
                return None
            return f"{request.method[:10]} was sent as {asked} by {field.decode()}, and accepted"
    return None


CHECK = Check(
    id="method-override",
    title="A request pretends to have another method",
    level=Level.MEDIUM,
    scope=Scope.REQUEST,
    what="""\
Fails when a request names another method than its own in `X-HTTP-Method-Override` or a like
field, and was not refused. A refusal, and naming the same method, pass.""",
    why="""\
The proxy, the firewall and the permission rules see a harmless POST or GET, and the application
runs a DELETE. A GET that changes something can also be triggered from any page.""",
    example="""\
POST /users/7 HTTP/1.1
Host: api.example.com
X-HTTP-Method-Override: DELETE

HTTP/1.1 204 No Content
""",
    remedy="""\
Remove the middleware that honours it; today's clients and proxies all speak PUT, PATCH and
DELETE. Drop the fields at the proxy:

```nginx
proxy_set_header X-HTTP-Method-Override "";
```

If the application ignores the field already, nothing happened: make an exception.""",
    owasp="API5:2023",
    cwe=650,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#restrict-http-methods",
        "https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1",
    ),
    needs=frozenset({Part.STATUS}),
    reads=frozenset({Part.REQUEST_HEADERS}),
    judge=judge,
)
