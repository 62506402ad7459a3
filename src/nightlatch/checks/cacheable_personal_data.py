"""Personal data that a shared cache may keep and hand to others."""

from nightlatch.checks.answers import leaving
from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.checks.wording import listed
from nightlatch.exchange.disclosure import PERSONAL_CLASSES, SECRET_CLASSES
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

_CACHED_METHODS = frozenset({"GET", "HEAD"})
_CACHED_STATUSES = frozenset({200, 203, 206})
_GUARDED = PERSONAL_CLASSES | SECRET_CLASSES


def judge(evidence: Evidence) -> Verdict:
    exchange = evidence.exchange
    response = exchange.response
    if response is None or exchange.request.method not in _CACHED_METHODS:
        return SKIP
    if not evidence.items or response.status not in _CACHED_STATUSES:
        return None
    control = (response.headers.get(b"cache-control") or "").lower()
    if "no-store" in control or "private" in control:
        return None
    shared = "public" in control or "s-maxage" in control
    # RFC 9111 section 3.5: a shared cache keeps answers to such requests only when told to.
    if not shared and b"authorization" in exchange.request.headers:
        return None
    found = leaving(evidence, _GUARDED)
    if not found:
        return None
    invited = "invites shared caches to keep" if shared else "does not forbid caches to keep"
    return f"Cache-Control {invited} {listed(found)}"


CHECK = Check(
    id="cacheable-personal-data",
    title="Caches may keep personal data",
    level=Level.MEDIUM,
    scope=Scope.ENDPOINT,
    what="""\
Looks at answers to GET and HEAD that carry personal data or secrets. Fails when `Cache-Control`
has neither `no-store` nor `private`. Answers to requests with an `Authorization` field fail only
when `public` or `s-maxage` invites caches to keep them, since shared caches may not do so
otherwise.""",
    why="""\
A cache or CDN between the API and its users answers the next request for the same address with
what it kept: another person's data, without the API ever being asked.""",
    example="""\
GET /profile HTTP/1.1
Host: api.example.com
Cookie: session=…

HTTP/1.1 200 OK
Content-Type: application/json
Cache-Control: public, max-age=600

{"email": "…"}
""",
    remedy="""\
Say it where personal data leaves, or for the whole API and lift it for public resources:

```python
@app.get("/profile")
def profile(response: Response, user: CurrentUser) -> Profile:
    response.headers["Cache-Control"] = "no-store"
    return user.profile
```""",
    owasp="API8:2023",
    cwe=524,
    references=(
        "https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2",
        "https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html",
    ),
    needs=frozenset({Part.CREDENTIALS, Part.REQUEST_HEADERS, Part.RESPONSE_HEADERS, Part.STATUS}),
    reads=frozenset({Part.RESPONSE_BODY}),
    judge=judge,
)
