"""A credential in the URL, where everybody on the way writes it down."""

from nightlatch.checks.check import Check, Evidence, Scope, Verdict
from nightlatch.checks.wording import named
from nightlatch.exchange.credential import CredentialKind, CredentialPlace
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

_SIGNED = frozenset({CredentialKind.AWS_SIGV4, CredentialKind.HMAC, CredentialKind.HAWK})


def judge(evidence: Evidence) -> Verdict:
    for credential in evidence.exchange.credentials:
        if credential.place is CredentialPlace.QUERY and credential.kind not in _SIGNED:
            return f"the query parameter {named(credential.name)} is a {credential.kind} credential"
    return None


CHECK = Check(
    id="credential-in-url",
    title="A credential in the URL",
    level=Level.MEDIUM,
    scope=Scope.REQUEST,
    what="""\
Fails when a token, API key or session id comes in the query. Signatures pass (AWS SigV4 and
other signed URLs): they are bound to one request and expire.""",
    why="""\
URLs are written down everywhere: access logs, proxies, browser history, the Referer field,
monitoring. Whoever reads one of these reads the key, long after it was used.""",
    example="""\
GET /orders?api_key=… HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
""",
    remedy="""\
Take credentials from a header only, and refuse the parameter so that clients notice:

```python
from fastapi.security import APIKeyHeader
api_key = APIKeyHeader(name="X-API-Key")        # not APIKeyQuery

@app.get("/orders")
def orders(key: Annotated[str, Depends(api_key)]) -> list[Order]: ...
```

For links that must work by themselves (downloads), sign them for one path and a few minutes.
Replace the keys that were in URLs until now.""",
    owasp="API2:2023",
    cwe=598,
    references=(
        "https://www.rfc-editor.org/rfc/rfc6750#section-5.3",
        "https://www.rfc-editor.org/rfc/rfc9700#section-4.3.2",
    ),
    reads=frozenset({Part.QUERY, Part.CREDENTIALS}),
    judge=judge,
)
