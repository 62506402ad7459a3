"""Missing 429: an endpoint that serves strangers and has never told anyone to slow down."""

from nightlatch.checks.callers import stranger
from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.record import Posture
from nightlatch.exchange.source import Part

ENOUGH_REQUESTS = 1_000
"""Below it, having seen no limit means little."""
_DOOR_HELD = frozenset({401, 403, 429})


def judge(evidence: Evidence) -> Verdict:
    facts = evidence.facts
    if facts.limit_seen:
        return None
    response = evidence.exchange.response
    if facts.requests < ENOUGH_REQUESTS or response is None:
        return SKIP
    if (
        response.status in _DOOR_HELD
        or facts.posture is Posture.PROTECTED
        or not stranger(evidence)
    ):
        return None
    return f"strangers are served here, and none of {facts.requests} requests met a limit"


CHECK = Check(
    id="no-limit-for-strangers",
    title="Strangers are served without any limit",
    level=Level.MEDIUM,
    scope=Scope.ENDPOINT,
    what=f"""\
Fails when an endpoint serves callers without a proven credential and, in {ENOUGH_REQUESTS:,}
requests and more, no answer was a 429 or told of a limit. Before that many requests it is not
judged, and a protected endpoint passes.""",
    why="""\
What strangers may ask without limit they can ask for everything: every phone number, every
password. A limit by address is not enough by itself, but its absence is an invitation.""",
    example="""\
GET /users/lookup?phone=… HTTP/1.1        (the 1,001st time, all of them answered)
Host: api.example.com

HTTP/1.1 200 OK
""",
    remedy="""\
Limit by address at the proxy, which is cheap, and let Nightlatch budget what really counts, the
distinct people who leave to all strangers together: it needs no list of addresses. Begin with

```nginx
limit_req_zone $binary_remote_addr zone=strangers:10m rate=30r/m;
location /users/lookup { limit_req zone=strangers burst=10; limit_req_status 429; }
```

and set the endpoint to enforce in the console.""",
    owasp="API4:2023",
    cwe=770,
    references=(
        "https://www.rfc-editor.org/rfc/rfc6585#section-4",
        "https://cheatsheetseries.owasp.org/cheatsheets/Denial_of_Service_Cheat_Sheet.html",
    ),
    needs=frozenset({Part.RESPONSE_HEADERS, Part.STATUS}),
    reads=frozenset({Part.CREDENTIALS}),
    judge=judge,
)
