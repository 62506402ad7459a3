"""Faults of a JWT that are visible without its key."""

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.credential import CredentialKind
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

_SHOWN = 4


def judge(evidence: Evidence) -> Verdict:
    faults = evidence.token_faults
    if faults:
        more = f", and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        return "the token: " + "; ".join(faults[:_SHOWN]) + more
    for credential in evidence.exchange.credentials:
        if credential.kind is CredentialKind.BEARER_JWT:
            return None
    return SKIP


CHECK = Check(
    id="token-faults",
    title="The token has faults",
    level=Level.MEDIUM,
    scope=Scope.REQUEST,
    what="""\
Reads the JWT in the request without any key, and fails on what can be seen that way: no
signature or `alg: none`, keys or key addresses inside the token, no expiry or an absurd one,
times in the future, characters in `kid` that belong to paths or SQL, personal data in the
claims. It says nothing about whether the signature is right. Faults that no issuer makes and only a
forger writes fail `jwt-tricks` as well.""",
    why="""\
A token that never expires is stolen once and works for ever; the header faults are the openings
of the usual attacks on JWT libraries. A request with one of these is either an attack or a weak
issuer.""",
    example="""\
GET /me HTTP/1.1
Host: api.example.com
Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.

HTTP/1.1 200 OK
""",
    remedy="""\
Fix the algorithm where you verify, require the claims, and take keys from your issuer only:

```python
from joserfc import jwt

token = jwt.decode(value, key, algorithms=["ES256"])
jwt.JWTClaimsRegistry(
    exp={"essential": True},
    iss={"essential": True, "value": ISSUER},
    aud={"essential": True, "value": API},
).validate(token.claims)
```""",
    owasp="API2:2023",
    cwe=347,
    references=(
        "https://www.rfc-editor.org/rfc/rfc8725",
        "https://www.rfc-editor.org/rfc/rfc7519#section-4.1",
    ),
    reads=frozenset({Part.QUERY, Part.REQUEST_HEADERS, Part.CREDENTIALS, Part.SECRETS}),
    judge=judge,
)
