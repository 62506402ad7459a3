"""Rate limiting: does the answer tell the caller of any limit?"""

from nightlatch.checks.answers import own_headers
from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

_FIELDS = frozenset(
    {
        b"ratelimit",
        b"ratelimit-policy",
        b"x-ratelimit-limit",
        b"ratelimit-limit",
        b"x-rate-limit-limit",
        b"x-ratelimit-remaining",
    }
)


def judge(evidence: Evidence) -> Verdict:
    if evidence.facts.limit_seen:
        return None
    headers = own_headers(evidence)
    if headers is None:
        return SKIP
    if evidence.exchange.response is not None and evidence.exchange.response.status == 429:
        return None
    if headers.has_any(_FIELDS):
        return None
    return "no answer so far told of a limit: no RateLimit field and no 429"


CHECK = Check(
    id="rate-limit-headers",
    title="No answer tells of a rate limit",
    level=Level.LOW,
    scope=Scope.ENDPOINT,
    what="""\
Looks for `RateLimit`, `RateLimit-Policy`, `RateLimit-Limit` or an `X-RateLimit-*` field in the
answer. Passes as soon as any answer of the endpoint carried one or was a 429. A limit that keeps
silent is still a limit: this check sees only what callers are told.""",
    why="""\
A client that is not told its limit learns it by running into it, and a limit nobody can see is
often a limit nobody has set.""",
    example="""\
GET /rates HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
Content-Type: application/json
""",
    remedy="""\
Set a limit where requests come in, and say what is left of it in every answer. In nginx:

```nginx
limit_req_zone $binary_remote_addr zone=api:10m rate=10r/s;
location /api/ { limit_req zone=api burst=20; limit_req_status 429; }
```

and in the application, for example with a middleware that knows the caller's remaining quota:

```python
response.headers["RateLimit-Policy"] = '"default";q=100;w=60'
response.headers["RateLimit"] = f'"default";r={remaining};t={seconds}'
```""",
    owasp="API4:2023",
    cwe=770,
    references=(
        "https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/",
        "https://www.rfc-editor.org/rfc/rfc6585#section-4",
    ),
    needs=frozenset({Part.RESPONSE_HEADERS, Part.STATUS}),
    judge=judge,
    treblle="Rate limiting",
)
