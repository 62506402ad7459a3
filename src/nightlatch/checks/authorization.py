"""Authorization: a request without a credential that was served all the same."""

from nightlatch.checks.callers import expectation
from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.facts import Expectation
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.record import Posture
from nightlatch.exchange.source import Part

_DOOR_HELD = frozenset({401, 403, 405, 407, 429})


def judge(evidence: Evidence) -> Verdict:
    exchange = evidence.exchange
    if exchange.credentials:
        return None
    response = exchange.response
    # A CORS preflight carries no credential by design (Fetch standard, CORS-preflight fetch).
    if response is None or response.status >= 500 or exchange.request.method == "OPTIONS":
        return SKIP
    if response.status in _DOOR_HELD:
        return None
    if response.status >= 400 and evidence.facts.posture is not Posture.OPEN:
        return None
    if expectation(evidence) is Expectation.PUBLIC:
        return None
    return f"a request without any credential was answered with {response.status}"


CHECK = Check(
    id="authorization",
    title="Answered without a credential",
    level=Level.MEDIUM,
    scope=Scope.REQUEST,
    what="""\
Fails when a request without any credential (token, key, session, signature, client certificate)
was served. It passes when the door held (401, 403, 405, 407, 429), and on endpoints that
somebody has declared public, with an owner and a reason, until that decision expires: a health
check that is public on purpose is not a fault, and an endpoint that forgot to ask is. Client
errors count only where the endpoint is known to answer strangers. Preflight requests and server
errors are not judged.""",
    why="""\
Authentication was missing or broken in fifteen of twenty-five breaches we read. In most of them
nobody had decided that; a route was simply registered outside the part of the application that
asks.""",
    example="""\
GET /accounts/lookup?phone=… HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
Content-Type: application/json

{"account": "…", "devices": 2}
""",
    remedy="""\
Ask by default, and open doors one by one:

```python
app = FastAPI(dependencies=[Depends(current_user)])     # every route asks
public = FastAPI()                                      # mounted apart, seen at a glance
app.mount("/public", public)
```

If the endpoint is meant to be public, say so in the console: owner, reason, expiry.""",
    owasp="API2:2023",
    cwe=306,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#access-control",
        "https://www.rfc-editor.org/rfc/rfc9110#section-11",
    ),
    needs=frozenset({Part.CREDENTIALS, Part.STATUS}),
    judge=judge,
    treblle="Authorization",
)
