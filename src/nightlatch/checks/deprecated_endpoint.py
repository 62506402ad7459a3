"""A deprecated endpoint that still answers."""

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part


def judge(evidence: Evidence) -> Verdict:
    response = evidence.exchange.response
    if response is None:
        return SKIP
    sunset = response.headers.get(b"sunset")
    if sunset is None and b"deprecation" not in response.headers:
        return None
    if response.status >= 400:
        return None
    if sunset is not None and _past(sunset, evidence.exchange.at):
        return "its Sunset date has passed and it still answers"
    return "the endpoint is declared deprecated and is still in use"


def _past(date: str, now: float) -> bool:
    # Late: all of e-mail comes with it, and few answers ever carry such a date.
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(date).timestamp() < now
    except (ValueError, OverflowError, TypeError):
        return False


CHECK = Check(
    id="deprecated-endpoint",
    title="A deprecated endpoint is still in use",
    level=Level.LOW,
    scope=Scope.ENDPOINT,
    what="""\
Fails when the answer carries `Deprecation` or `Sunset` and is not an error, and says so when the
sunset date has passed. An endpoint that refuses (410) passes.""",
    why="""\
Old versions stay reachable after the team has stopped to look at them: they miss the newer
checks and limits, and attackers try `/v1` first because of it.""",
    example="""\
GET /v1/users/7 HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
Deprecation: @1688169599
Sunset: Sun, 30 Jun 2024 23:59:59 GMT
""",
    remedy="""\
See in the console who still calls, tell them, and close the door on the day you announced:

```python
@app.api_route("/v1/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def gone(path: str) -> Response:
    return Response(status_code=410, headers={"Link": '</v2>; rel="successor-version"'})
```""",
    owasp="API9:2023",
    cwe=477,
    references=(
        "https://www.rfc-editor.org/rfc/rfc9745",
        "https://www.rfc-editor.org/rfc/rfc8594",
    ),
    needs=frozenset({Part.STATUS}),
    reads=frozenset({Part.RESPONSE_HEADERS}),
    judge=judge,
)
