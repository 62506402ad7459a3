"""Secure connection: the request came over plain HTTP."""

from nightlatch.checks.callers import on_this_machine, unencrypted
from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part


def judge(evidence: Evidence) -> Verdict:
    request = evidence.exchange.request
    if not unencrypted(request):
        return None
    if on_this_machine(request):
        return SKIP
    response = evidence.exchange.response
    if response is not None and response.status in (301, 308):
        location = response.headers.get(b"location") or ""
        if location.startswith("https://"):
            return None
    return f"the request came over {request.scheme}:// without TLS"


CHECK = Check(
    id="plain-http",
    title="The connection is not encrypted",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Fails when the client used `http://` or `ws://`. A trusted proxy's word on the scheme is
believed. A permanent redirect to `https://` passes, and traffic that stays on one machine (a
loopback peer and a loopback name) is not judged.""",
    why="""\
Everybody on the way reads the request and the answer, and can change both: the café's network,
the provider, a compromised router.""",
    example="""\
GET http://api.example.com/me HTTP/1.1

HTTP/1.1 200 OK
""",
    remedy="""\
End TLS at the proxy and redirect the rest:

```nginx
server { listen 80; return 308 https://$host$request_uri; }
```

If TLS already ends at a proxy, tell Nightlatch which one, so that it believes its
`X-Forwarded-Proto`: `NIGHTLATCH_TRUSTED_PROXIES=10.0.0.0/8`.""",
    owasp="API8:2023",
    cwe=319,
    references=(
        "https://www.rfc-editor.org/rfc/rfc9325",
        "https://cheatsheetseries.owasp.org/cheatsheets/Transport_Layer_Security_Cheat_Sheet.html",
    ),
    needs=frozenset({Part.SCHEME, Part.HOST, Part.CLIENT, Part.RESPONSE_HEADERS, Part.STATUS}),
    judge=judge,
    treblle="Secure connection",
)
