"""A session cookie without its guards."""

import re

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.checks.wording import named
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

_SESSION_NAME = re.compile(r"sess|sid$|^sid|auth|token|jwt|remember|login", re.IGNORECASE)
_NOT_SECRET = re.compile(r"csrf|xsrf", re.IGNORECASE)


def judge(evidence: Evidence) -> Verdict:
    response = evidence.exchange.response
    if response is None or b"set-cookie" not in response.headers:
        return SKIP
    for cookie in response.headers.get_all(b"set-cookie"):
        name, _, rest = cookie.partition("=")
        name = name.strip()
        if not _SESSION_NAME.search(name) or _NOT_SECRET.search(name):
            continue
        value, _, attributes = rest.partition(";")
        if value.strip(' "') and (missing := _missing(attributes, evidence)):
            return f"the cookie {named(name)} is set without {' and '.join(missing)}"
    return None


def _missing(attributes: str, evidence: Evidence) -> list[str]:
    present = {part.partition("=")[0].strip().lower() for part in attributes.split(";")}
    wanted = ["HttpOnly", "SameSite"]
    if evidence.exchange.request.scheme == "https":
        wanted.insert(0, "Secure")
    return [attribute for attribute in wanted if attribute.lower() not in present]


CHECK = Check(
    id="cookie-flags",
    title="A session cookie lacks its guards",
    level=Level.LOW,
    scope=Scope.ENDPOINT,
    what="""\
Looks at cookies whose name is that of a session or token. Fails when one is set without
`HttpOnly`, `SameSite` or, over HTTPS, `Secure`. Cookies that are being deleted and CSRF tokens,
which scripts must read, pass.""",
    why="""\
Without `Secure` the cookie travels in the clear once, without `HttpOnly` a single injected
script takes it along, without `SameSite` old browsers send it with requests that foreign pages
make.""",
    example="""\
POST /login HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
Set-Cookie: session=…; Path=/
""",
    remedy="""\
```python
response.set_cookie(
    "__Host-session", value, secure=True, httponly=True, samesite="lax", path="/", max_age=3600
)
```

Starlette's `SessionMiddleware` takes `https_only=True, same_site="lax"`.""",
    owasp="API8:2023",
    cwe=614,
    references=(
        "https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2",
        "https://cwe.mitre.org/data/definitions/1004.html",
        "https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html",
    ),
    reads=frozenset({Part.SCHEME, Part.RESPONSE_HEADERS}),
    judge=judge,
)
