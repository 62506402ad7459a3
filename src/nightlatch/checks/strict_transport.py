"""Force secure connection: does the host insist on HTTPS next time?"""

from nightlatch.checks.answers import own_headers
from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part


def judge(evidence: Evidence) -> Verdict:
    headers = own_headers(evidence)
    # RFC 6797 section 7.2: the field must not be sent over plain HTTP, where it means nothing.
    if headers is None or evidence.exchange.request.scheme != "https":
        return SKIP
    value = headers.get(b"strict-transport-security")
    if value is None:
        return "Strict-Transport-Security is absent"
    directives = value.lower().replace(" ", "").replace('"', "").split(";")
    ages = [part[8:] for part in directives if part.startswith("max-age=")]
    if not ages or not ages[0].isdecimal():
        return "Strict-Transport-Security has no valid max-age"
    if not ages[0].strip("0"):
        return "Strict-Transport-Security switches itself off with max-age=0"
    return None


CHECK = Check(
    id="strict-transport",
    title="HTTPS is offered but not insisted on",
    level=Level.LOW,
    scope=Scope.ENDPOINT,
    what="""\
Reads `Strict-Transport-Security` in answers over HTTPS. Fails when it is absent, has no valid
`max-age`, or switches itself off with `max-age=0`. Says nothing about plain HTTP, where the
field is forbidden.""",
    why="""\
A client that once typed `http://` sends its first request, cookies included, in the clear, and
whoever holds the network can keep it there.""",
    example="""\
GET /me HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
Content-Type: application/json
""",
    remedy="""\
Let the proxy that ends TLS add it. Begin with a day, and go to a year when nothing broke:

```nginx
add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;
```

Without a proxy, set the same field in a middleware for requests whose scheme is `https`.""",
    owasp="API8:2023",
    cwe=319,
    references=(
        "https://www.rfc-editor.org/rfc/rfc6797",
        "https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Strict_Transport_Security_Cheat_Sheet.html",
    ),
    needs=frozenset({Part.SCHEME, Part.RESPONSE_HEADERS, Part.STATUS}),
    judge=judge,
    treblle="Force secure connection",
)
