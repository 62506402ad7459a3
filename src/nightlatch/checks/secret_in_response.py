"""A secret in a response: what opens something is on its way out."""

import re

from nightlatch.checks.answers import leaving
from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.checks.wording import listed
from nightlatch.exchange.disclosure import SECRET_CLASSES, DataClass
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

_ENROLMENT = re.compile(
    r"totp|otp|mfa|2fa|two-?factor|enrol|register|sign-?up|setup", re.IGNORECASE
)


def judge(evidence: Evidence) -> Verdict:
    exchange = evidence.exchange
    if exchange.response is None:
        return SKIP
    found = leaving(evidence, SECRET_CLASSES)
    if not found:
        return None
    if exchange.request.method == "POST" and _ENROLMENT.search(exchange.endpoint.template):
        found = [item for item in found if item.data_class is not DataClass.TOTP_SEED]
    return f"the answer carries {listed(found)}" if found else None


CHECK = Check(
    id="secret-in-response",
    title="A secret in the answer",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Fails when the answer carries a password hash, the seed of a second factor, a cloud or vendor
key, or a private key, whoever asked. The seed of a second factor passes where it is handed out
once by design: in the answer to a POST that enrols. What is judged is found by its shape, also
deep inside the body.""",
    why="""\
One such answer outlives every later fix: hashes are cracked at leisure, a seed produces valid
codes for ever, a cloud key opens the storage behind the API. Spoutible's user look-up gave out
bcrypt hashes, second-factor seeds and reset tokens of 207,000 people.""",
    example="""\
GET /users/ada HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
Content-Type: application/json

{"username": "ada", "password": "$2b$12$…"}
""",
    remedy="""\
Never return the database's object; name what may leave:

```python
class UserOut(BaseModel):
    id: UUID
    username: str

@app.get("/users/{name}", response_model=UserOut)
def user(name: str) -> User: ...
```

Then replace what has already left: reset the passwords, re-enrol the second factors, revoke the
keys.""",
    owasp="API3:2023",
    cwe=522,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html",
        "https://www.rfc-editor.org/rfc/rfc6238#section-5.1",
    ),
    reads=frozenset({Part.RESPONSE_BODY}),
    judge=judge,
)
