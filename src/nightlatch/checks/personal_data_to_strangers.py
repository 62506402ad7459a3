"""Personal data to a caller without a credential: the breach, seen on its first request."""

import re

from nightlatch.checks.answers import leaving
from nightlatch.checks.callers import expectation, stranger
from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.checks.wording import listed
from nightlatch.exchange.disclosure import PERSONAL_CLASSES, DataClass
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.facts import Expectation
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

_TELLING_ONLY_TOGETHER = frozenset(
    {DataClass.ACCOUNT_ID, DataClass.USERNAME, DataClass.IP_ADDRESS, DataClass.DEVICE_ID}
)
_TELLING = PERSONAL_CLASSES - _TELLING_ONLY_TOGETHER
_SIGN_IN = re.compile(r"log-?in|sign-?in|session|token|auth", re.IGNORECASE)
_PROOFS = frozenset({"password", "passwd", "otp", "code", "refresh_token", "client_secret"})


def judge(evidence: Evidence) -> Verdict:
    if evidence.exchange.response is None:
        return SKIP
    if not evidence.items or not stranger(evidence):
        return None
    found = leaving(evidence, _TELLING)
    about_whom = ""
    if not found and _asked_for_a_person(evidence):
        found = leaving(evidence, _TELLING_ONLY_TOGETHER)
        about_whom = " about the person asked for"
    if not found or _own_data(evidence) or expectation(evidence) is Expectation.PUBLIC:
        return None
    withheld = evidence.exchange.ending is Ending.REFUSED
    got = "would have got" if withheld else "got"
    return f"a caller without a proven credential {got} {listed(found)}{about_whom}"


def _asked_for_a_person(evidence: Evidence) -> bool:
    disclosure = evidence.disclosure
    return disclosure.hit is not False and any(
        subject.data_class in _TELLING for subject in disclosure.asked
    )


def _own_data(evidence: Evidence) -> bool:
    """A sign-in that was proved in the body, or a creation that repeats what was sent."""
    exchange = evidence.exchange
    if exchange.request.method != "POST" or exchange.response is None:
        return False
    if _SIGN_IN.search(exchange.endpoint.template):
        return any(leaf.name.lower() in _PROOFS for leaf in evidence.request.leaves)
    sent = {subject.digest for subject in evidence.disclosure.asked}
    left = {subject.digest for subject in evidence.disclosure.disclosed}
    return exchange.response.status == 201 and left <= sent


CHECK = Check(
    id="personal-data-to-strangers",
    title="Personal data for a caller without a credential",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Fails on the first answer that gives personal data (phone, e-mail, name, address, birth date,
document numbers, bank data, place) to a caller who proved nothing: no credential, a refused one,
or any credential where none is needed. Account ids, user names, devices and IP addresses count
when the caller asked for a person by phone or the like. A sign-in proved in its body, a creation
(201) that only repeats what was sent, and endpoints that are public by decision pass.""",
    why="""\
This is how 33 million phone numbers left one company: an unauthenticated look-up, each single
answer harmless to look at. In eleven of twenty-five breaches we read, the first request already
showed it.""",
    example="""\
GET /users/lookup?phone=%2B15550100 HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
Content-Type: application/json

{"account_id": 4711, "status": "active", "devices": 2}
""",
    remedy="""\
Ask who is calling before you look anything up, and answer about the caller only:

```python
@app.get("/me")
def me(user: Annotated[User, Depends(current_user)]) -> PublicProfile:
    return user
```

If partners must look people up, give them credentials and a daily budget. If the data is meant
for everybody, declare the endpoint public in the console, with an owner and a reason.""",
    owasp="API2:2023",
    cwe=359,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/User_Privacy_Protection_Cheat_Sheet.html",
        "https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/",
    ),
    needs=frozenset({Part.REQUEST_BODY, Part.STATUS}),
    reads=frozenset({Part.CREDENTIALS, Part.RESPONSE_BODY}),
    judge=judge,
)
