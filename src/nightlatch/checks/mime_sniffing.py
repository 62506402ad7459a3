"""MIME sniffing: may a browser guess another type than the declared one?"""

from nightlatch.checks.answers import own_headers
from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part


def judge(evidence: Evidence) -> Verdict:
    headers = own_headers(evidence)
    if headers is None:
        return SKIP
    value = headers.get(b"x-content-type-options")
    if value is None:
        return "X-Content-Type-Options is absent"
    if value.strip().lower() != "nosniff":
        return "X-Content-Type-Options says something other than nosniff"
    return None


CHECK = Check(
    id="mime-sniffing",
    title="Browsers may guess the answer's type",
    level=Level.LOW,
    scope=Scope.ENDPOINT,
    what="""\
Reads `X-Content-Type-Options` in the answer. Fails when it is absent or says anything but
`nosniff`.""",
    why="""\
Without it some browsers look into the body and may treat an uploaded text or a JSON answer as a
script or a page.""",
    example="""\
GET /avatars/7 HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
Content-Type: text/plain
""",
    remedy="""\
One line where all answers pass. In nginx:

```nginx
add_header X-Content-Type-Options nosniff always;
```

or once in the application:

```python
@app.middleware("http")
async def harden(request: Request, call_next):
    response = await call_next(request)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response
```""",
    owasp="API8:2023",
    cwe=430,
    references=(
        "https://fetch.spec.whatwg.org/#x-content-type-options-header",
        "https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html",
    ),
    needs=frozenset({Part.RESPONSE_HEADERS, Part.STATUS}),
    judge=judge,
    treblle="MIME sniffing",
)
