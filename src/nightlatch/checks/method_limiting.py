"""Method limiting: a 405 must say which methods there are."""

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part


def judge(evidence: Evidence) -> Verdict:
    response = evidence.exchange.response
    if response is None or response.status != 405:
        return SKIP
    if b"allow" in response.headers:
        return None
    return "the answer is 405 and has no Allow field"


CHECK = Check(
    id="method-limiting",
    title="A refused method is not told which ones are allowed",
    level=Level.LOW,
    scope=Scope.ENDPOINT,
    what="""\
Judges answers with status 405 only, and fails when they have no `Allow` field. RFC 9110 requires
it there and nowhere else; asking for it in every answer, as some tools do, fails nearly every
API and tells nothing.""",
    why="""\
A 405 without `Allow` is usually made by hand, beside the framework's routing. Methods that are
refused by hand in one place tend to be forgotten in another.""",
    example="""\
DELETE /orders/7 HTTP/1.1
Host: api.example.com

HTTP/1.1 405 Method Not Allowed
""",
    remedy="""\
Let the router refuse methods: Starlette and FastAPI answer 405 with `Allow` by themselves. Where
you raise it by hand, name them:

```python
raise HTTPException(405, headers={"Allow": "GET, HEAD"})
```""",
    owasp="API8:2023",
    cwe=684,
    references=(
        "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6",
        "https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#restrict-http-methods",
    ),
    needs=frozenset({Part.RESPONSE_HEADERS, Part.STATUS}),
    judge=judge,
    treblle="Method limiting",
)
