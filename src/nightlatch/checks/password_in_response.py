"""A password in a response, readable."""

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.checks.fields import any_named, spellings
from nightlatch.checks.wording import named
from nightlatch.exchange.content import ContentKind
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.signs import PASSWORD_NAME
from nightlatch.exchange.source import Part

_PASSWORDS = spellings("password passwd pwd plain_password password_plain user_password passphrase")
_SHORTEST = 4
"""Characters; shorter values are flags and placeholders."""


def judge(evidence: Evidence) -> Verdict:
    content = evidence.response
    if content.kind is not ContentKind.JSON:
        return SKIP
    if not evidence.answer_signs & PASSWORD_NAME or not any_named(content.leaves, _PASSWORDS):
        return None
    response = evidence.exchange.response
    if response is None or response.status >= 400:
        return None  # {"password": "too short"} explains a refusal
    for leaf in content.leaves:
        if leaf.name in _PASSWORDS and _readable(leaf.value):
            return f"the answer fills {named(leaf.path)} with a value that is not masked"
    return None


def _readable(value: object) -> bool:
    """Not a mask ("••••", "********"), not a sentence of a form's schema."""
    if not isinstance(value, str) or len(value) < _SHORTEST or " " in value:
        return False
    return any(ch.isalnum() for ch in value)


CHECK = Check(
    id="password-in-response",
    title="A password in the answer",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Fails when a successful JSON answer fills a field called `password` or the like with something
other than a mask. Error answers, where the field explains what was wrong with the input, pass.""",
    why="""\
If the API can answer a password, it stores it readably or echoes it; either way it now lies in
the client's logs, caches and crash reports, and most people use it elsewhere too.""",
    example="""\
GET /devices/7/settings HTTP/1.1
Host: api.example.com
Authorization: Bearer …

HTTP/1.1 200 OK
Content-Type: application/json

{"device": 7, "wifi": {"password": "hunter2-at-home"}}
""",
    remedy="""\
Accept passwords, never return them. With pydantic, keep the two shapes apart:

```python
class Credentials(BaseModel):
    username: str
    password: SecretStr

class CredentialsOut(BaseModel):
    username: str
    password_set: bool
```""",
    owasp="API3:2023",
    cwe=201,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html",
        "https://cwe.mitre.org/data/definitions/312.html",
    ),
    needs=frozenset({Part.STATUS}),
    reads=frozenset({Part.RESPONSE_BODY}),
    judge=judge,
)
