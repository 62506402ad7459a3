"""CORS that lets foreign pages read answers with the user's credentials."""

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part


def judge(evidence: Evidence) -> Verdict:
    response = evidence.exchange.response
    if response is None:
        return SKIP
    allowed = response.headers.get(b"access-control-allow-origin")
    if allowed is None:
        return None
    credentials = response.headers.get(b"access-control-allow-credentials") or ""
    if credentials.strip().lower() != "true":
        return None
    if allowed == "*":
        return "any origin (*) is allowed together with credentials"
    request = evidence.exchange.request
    if request.headers.get(b"origin") != allowed:
        return None
    if allowed == "null":
        return "the origin null, which any page can take on, is allowed with credentials"
    if _related(allowed, request.host):
        return None
    return "a foreign origin was repeated back and allowed with credentials"


def _related(origin: str, host: str) -> bool:
    """Do both names belong to one owner, as far as names can tell: app.example.com and
    api.example.io do, by their second label."""
    ours = _owner(host)
    return bool(ours) and _owner(origin.partition("://")[2]) == ours


def _owner(host: str) -> str:
    name = host.partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    labels = name.lower().rstrip(".").split(".")
    if len(labels) < 2 or labels[-1].isdecimal():
        return name.lower()
    # example.co.uk: a short second label before a country's is part of the suffix.
    if len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3:
        return labels[-3]
    return labels[-2]


CHECK = Check(
    id="cors-any-origin",
    title="Foreign pages may read answers with the user's credentials",
    level=Level.HIGH,
    scope=Scope.ENDPOINT,
    what="""\
Reads the CORS fields of the answer. Fails when credentials are allowed and the allowed origin is
`*`, `null`, or the request's own `Origin` repeated although its name has nothing to do with the
host's. One exchange cannot show that every origin would be repeated: if yours is on a list of
your own, make an exception for the endpoint.""",
    why="""\
Any page that a signed-in user happens to open can then call the API as that user and read the
answers.""",
    example="""\
GET /me HTTP/1.1
Host: api.example.com
Origin: https://evil.test
Cookie: session=…

HTTP/1.1 200 OK
Access-Control-Allow-Origin: https://evil.test
Access-Control-Allow-Credentials: true
""",
    remedy="""\
Name the origins. Starlette's middleware repeats any origin when it is given `["*"]` with
credentials:

```python
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://app.example.com"],     # never ["*"] with credentials
    allow_credentials=True,
)
```""",
    owasp="API8:2023",
    cwe=942,
    references=(
        "https://fetch.spec.whatwg.org/#cors-protocol-and-credentials",
        "https://cheatsheetseries.owasp.org/cheatsheets/HTML5_Security_Cheat_Sheet.html#cross-origin-resource-sharing",
    ),
    needs=frozenset({Part.HOST}),
    reads=frozenset({Part.REQUEST_HEADERS, Part.RESPONSE_HEADERS}),
    judge=judge,
)
