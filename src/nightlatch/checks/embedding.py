"""Embedding prevention: may a foreign page put this answer into a frame?"""

from nightlatch.checks.answers import own_headers
from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

_EFFECTIVE = frozenset({"deny", "sameorigin"})


def judge(evidence: Evidence) -> Verdict:
    headers = own_headers(evidence)
    if headers is None:
        return SKIP
    value = headers.get(b"x-frame-options")
    if value is not None and value.strip().lower() in _EFFECTIVE:
        return None
    if b"content-security-policy" in headers:
        policies = headers.get_all(b"content-security-policy")
        if any("frame-ancestors" in policy.lower() for policy in policies):
            return None
    if value is None:
        return "neither X-Frame-Options nor the CSP directive frame-ancestors is set"
    return "X-Frame-Options has a value that browsers ignore"


CHECK = Check(
    id="embedding",
    title="Foreign pages may frame the answer",
    level=Level.LOW,
    scope=Scope.ENDPOINT,
    what="""\
Reads `X-Frame-Options` and the `frame-ancestors` directive of `Content-Security-Policy`. Either
one passes; `ALLOW-FROM` does not, browsers ignore it. It weighs little for an endpoint that only
ever answers JSON to programs, and is therefore reported once per endpoint.""",
    why="""\
Any answer can become a page: an error, a login form, the interactive documentation. In a frame
on a foreign page it can be laid under the pointer and clicked by a user who sees another one.""",
    example="""\
GET /docs HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
Content-Type: text/html
""",
    remedy="""\
Forbid framing for all answers; the CSP directive is the modern spelling and the other is for old
browsers:

```nginx
add_header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'" always;
add_header X-Frame-Options DENY always;
```""",
    owasp="API8:2023",
    cwe=1021,
    references=(
        "https://www.w3.org/TR/CSP3/#directive-frame-ancestors",
        "https://www.rfc-editor.org/rfc/rfc7034",
    ),
    needs=frozenset({Part.RESPONSE_HEADERS, Part.STATUS}),
    judge=judge,
    treblle="Embedding prevention",
)
