"""Tokens are signed with a secret that everybody can guess."""

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.credential import CredentialKind
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part


def judge(evidence: Evidence) -> Verdict:
    if evidence.weak_secret:
        return evidence.weak_secret
    for credential in evidence.exchange.credentials:
        if credential.kind is CredentialKind.BEARER_JWT:
            return None
    return SKIP


CHECK = Check(
    id="token-weak-secret",
    title="Tokens are signed with a guessable secret",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Tries a list of a hundred thousand common secrets on HMAC-signed tokens (HS256, HS384, HS512) that
were verified, or that an endpoint took which is known to turn others away. It does so in the
background and once for each issuer and key, and fails on the next request with such a token after
one is found, then once a day. It tells the secret's length and its place in the list, never the
secret.""",
    why="""\
Who knows the secret makes tokens for every user, with every right, and they are valid: nothing in
your logs looks wrong. A token is all that an attacker needs to try a list at home, at a million
words a second.""",
    example="""\
GET /me HTTP/1.1
Host: api.example.com
Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.yxvrd-6IfSOyLV9Hr6VIbGZBqX4lp7L6Xr_3tSg

HTTP/1.1 200 OK
""",
    remedy="""\
Change the secret now for 32 random bytes or more, end all tokens that the old one signed, and look
for tokens that your issuer did not make. Better still, sign with a private key, so that whoever
verifies cannot sign.

```shell
openssl rand -base64 48
```""",
    owasp="API2:2023",
    cwe=521,
    references=(
        "https://www.rfc-editor.org/rfc/rfc8725#section-3.5",
        "https://www.rfc-editor.org/rfc/rfc7518#section-3.2",
    ),
    reads=frozenset({Part.QUERY, Part.REQUEST_HEADERS, Part.CREDENTIALS, Part.SECRETS}),
    judge=judge,
)
