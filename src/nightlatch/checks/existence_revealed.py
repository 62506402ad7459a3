"""Existence revealed: the answer tells a stranger whether somebody has an account."""

from nightlatch.checks.callers import expectation, stranger
from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.disclosure import DataClass
from nightlatch.exchange.facts import Expectation
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

_PEOPLE = frozenset(
    {
        DataClass.PHONE,
        DataClass.EMAIL,
        DataClass.NATIONAL_ID,
        DataClass.PASSPORT,
        DataClass.PAYMENT_CARD,
        DataClass.IBAN,
        DataClass.USERNAME,
    }
)


def judge(evidence: Evidence) -> Verdict:
    disclosure = evidence.disclosure
    if not disclosure.asked or disclosure.hit is None:
        return SKIP
    if not disclosure.hit or not stranger(evidence):
        return None
    kinds = sorted({subject.data_class.value for subject in disclosure.asked} & _PEOPLE)
    if not kinds or expectation(evidence) is Expectation.PUBLIC:
        return None
    return f"the answer confirmed to a stranger that this {' and '.join(kinds)} is known here"


CHECK = Check(
    id="existence-revealed",
    title="The answer tells strangers who has an account",
    level=Level.MEDIUM,
    scope=Scope.REQUEST,
    what="""\
Fails when a caller without a proven credential asked for a person (by phone, e-mail, document,
bank account, card or user name) and the answer confirmed that this person is known, whatever
else it said. Not judged where nothing was asked for, or where hits and misses look the same, as
they should.""",
    why="""\
"Is this number one of your customers?" is itself the secret. With a list of numbers, yes or no
per number is a customer list: for phishing by name of your service, for stalking, for the next
attack.""",
    example="""\
POST /password/forgot HTTP/1.1
Host: api.example.com
Content-Type: application/json

{"email": "someone@example.org"}

HTTP/1.1 200 OK
Content-Type: application/json

{"sent": true}
""",
    remedy="""\
Answer hits and misses alike, in status, words, size and time, and tell the rest by mail:

```python
@app.post("/password/forgot", status_code=202)
def forgot(body: Forgot, background: BackgroundTasks) -> dict[str, str]:
    background.add_task(send_if_known, body.email)
    return {"message": "If we know this address, a mail is on its way."}
```""",
    owasp="API6:2023",
    cwe=204,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#authentication-and-error-messages",
        "https://cheatsheetseries.owasp.org/cheatsheets/Forgot_Password_Cheat_Sheet.html",
    ),
    needs=frozenset({Part.STATUS}),
    reads=frozenset({Part.CREDENTIALS, Part.RESPONSE_BODY}),
    judge=judge,
)
