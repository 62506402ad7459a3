"""A credential over plain HTTP."""

from nightlatch.checks.callers import on_this_machine, unencrypted
from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part


def judge(evidence: Evidence) -> Verdict:
    exchange = evidence.exchange
    if not exchange.credentials:
        return SKIP
    if not unencrypted(exchange.request):
        return None
    if on_this_machine(exchange.request):
        return SKIP
    return (
        f"a {exchange.credentials[0].kind.value} credential came over {exchange.request.scheme}://"
    )


CHECK = Check(
    id="credential-over-http",
    title="A credential over an unencrypted connection",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Fails when a request with any credential came over `http://` or `ws://`. A redirect in the answer
does not help: the credential has been on the wire. A trusted proxy's word on the scheme is
believed, and traffic on one machine is not judged.""",
    why="""\
Whoever shares the network (a café, a hotel, a compromised router) reads the credential and is
the user from then on.""",
    example="""\
GET http://api.example.com/me HTTP/1.1
Authorization: Bearer …

HTTP/1.1 308 Permanent Redirect
""",
    remedy="""\
Do not redirect API calls from `http://`; refuse them, so that a wrong base URL is found in
development:

```nginx
server { listen 80; location /api/ { return 403; } }
```

Mark cookies `Secure`, and revoke the credentials that came this way.""",
    owasp="API8:2023",
    cwe=523,
    references=(
        "https://www.rfc-editor.org/rfc/rfc6750#section-5.3",
        "https://cheatsheetseries.owasp.org/cheatsheets/Transport_Layer_Security_Cheat_Sheet.html",
    ),
    needs=frozenset({Part.SCHEME, Part.HOST, Part.CLIENT}),
    reads=frozenset({Part.CREDENTIALS}),
    judge=judge,
)
