"""A verbose server header: which software, in which version."""

import re

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

_VERSION = re.compile(r"\d\.\d")
_TELL_TALES = (b"x-powered-by", b"x-aspnet-version", b"x-aspnetmvc-version", b"x-generator")


def judge(evidence: Evidence) -> Verdict:
    response = evidence.exchange.response
    if response is None:
        return SKIP
    headers = response.headers
    server = headers.get(b"server")
    if server is not None and _VERSION.search(server):
        return f"Server names a version: {server[:60]!r}"
    if headers.has_any(_TELL_TALES):
        return f"{next(field for field in _TELL_TALES if field in headers).decode()} is set"
    return None


CHECK = Check(
    id="verbose-server",
    title="The answer names the server's software and version",
    level=Level.LOW,
    scope=Scope.ENDPOINT,
    what="""\
Fails when `Server` holds a version number, or when `X-Powered-By`, `X-AspNet-Version` or
`X-Generator` is set. A bare product name passes.""",
    why="""\
When a hole becomes known in a certain version, lists of servers that name this version already
exist. Hiding it closes no hole; it takes you off the list.""",
    example="""\
GET / HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
Server: Apache/2.4.41 (Ubuntu)
X-Powered-By: PHP/7.4.3
""",
    remedy="""\
`server_tokens off;` in nginx, `ServerTokens Prod` in Apache, `uvicorn --no-server-header`.
Remove the rest at the proxy:

```nginx
proxy_hide_header X-Powered-By;
```""",
    owasp="API8:2023",
    cwe=497,
    references=(
        "https://www.rfc-editor.org/rfc/rfc9110#section-10.2.4",
        "https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html",
    ),
    reads=frozenset({Part.RESPONSE_HEADERS}),
    judge=judge,
)
