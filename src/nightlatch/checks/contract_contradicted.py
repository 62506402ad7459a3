"""The contract says "must authenticate", and a stranger was served."""

from nightlatch.checks.callers import expectation, stranger
from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.facts import Expectation
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part


def judge(evidence: Evidence) -> Verdict:
    response = evidence.exchange.response
    if response is None or expectation(evidence) is not Expectation.MUST_AUTHENTICATE:
        return SKIP
    if response.status >= 300 or evidence.exchange.request.method == "OPTIONS":
        return None
    if not stranger(evidence):
        return None
    return f"this endpoint must authenticate and answered a stranger with {response.status}"


CHECK = Check(
    id="contract-contradicted",
    title="A protected endpoint served a stranger",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Judged where somebody has declared that the endpoint must authenticate. Fails when it answered
2xx to a caller without a proven credential. Redirects to a sign-in page, refusals and preflight
requests pass.""",
    why="""\
Here the intention is written down, so there is nothing to weigh: the door that should be locked
is open. It usually comes with a deployment: a changed order of middlewares, a new route beside
the old one.""",
    example="""\
GET /accounts/7 HTTP/1.1        (declared: must authenticate)
Host: api.example.com

HTTP/1.1 200 OK
""",
    remedy="""\
Look at what was deployed when it began (the endpoint's page shows its posture over time), and
close it where the route is declared:

```python
router = APIRouter(prefix="/accounts", dependencies=[Depends(current_user)])
```

Until then, set the endpoint to enforce with a limit of 0 in the console.""",
    owasp="API2:2023",
    cwe=306,
    references=("https://cheatsheetseries.owasp.org/cheatsheets/Authorization_Cheat_Sheet.html",),
    needs=frozenset({Part.STATUS}),
    reads=frozenset({Part.CREDENTIALS}),
    judge=judge,
)
