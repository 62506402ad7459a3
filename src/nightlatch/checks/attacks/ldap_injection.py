"""LDAP injection: a value that changes the search filter it is pasted into."""

from nightlatch.checks.attacks.ldap.filters import Kind, filter_in
from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.value import Clue, Place, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_PARAMETERS = frozenset((Place.QUERY, Place.FORM, Place.PATH, Place.COOKIE, Place.MULTIPART))
_LONG = 400
_CERTAINTIES = {
    Kind.BREAKOUT: 80,
    Kind.NESTED: 70,
    Kind.WHOLE: 50,
    Kind.MATCHING: 80,
    Kind.CUT: 70,
}

_FILTERS = frozenset((Kind.WHOLE, Kind.MATCHING))

_PATTERNS = (
    r"\)[\s\x00)]*\([\s\x00(]*(?:[&|!]|[a-z0-9.;_\-:]{1,60}\s*[~<>:]?=)",
    r"\(\s*[&|!]\s*\(\s*(?:[&|!]|[a-z0-9.;_\-:]{1,60}\s*[~<>:]?=)",
    r":\d{1,6}(?:\.\d{1,6}){2,20}:=",
    r"\*\)+\x00",
)


def recognise(text: str, value: Value) -> Clue | None:
    reading = filter_in(text)
    if reading is None:
        return None
    certainty = _CERTAINTIES[reading.kind] + 15 * reading.telling
    own = value.name.rpartition(".")[2].lower()
    if reading.decided:
        certainty = max(certainty, 85)
    elif reading.kind in _FILTERS and "filter" in own:
        certainty -= 35  # an application that is sent filters
    if len(text) > _LONG:
        certainty -= 35  # a document about them
    elif reading.kind is not Kind.BREAKOUT and value.place not in _PARAMETERS:
        certainty -= 5 if reading.telling else 15
    return Clue(certainty, reading.kind.value, text)


CHECK = Check(
    id="ldap-injection",
    title="A value carries an LDAP filter",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Reads every value of a request as it would stand in a directory's search filter, `(uid=…)`. Fails
when it closes that filter and opens another (`*)(uid=*))(|(uid=*`), opens one inside the value,
chooses a matching rule by its number, or brings a filter of its own that asks for passwords or for
what is always there. Brackets in prose and in formulas pass.""",
    why="""\
Where such a value reaches a filter that is put together from strings, the caller logs in without a
password, or lists the directory: names, mail addresses and groups of everybody.""",
    example="""\
POST /login HTTP/1.1
Host: api.example.com
Content-Type: application/x-www-form-urlencoded

user=*)(uid=*))(|(uid=*&password=x

HTTP/1.1 200 OK
""",
    remedy="""\
Escape what is pasted into a filter, and into a name:

```python
from ldap3.utils.conv import escape_filter_chars

connection.search(base, f"(uid={escape_filter_chars(user)})")
```

Check passwords by binding as the user, never by comparing an attribute.""",
    owasp="API8:2023",
    cwe=90,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/LDAP_Injection_Prevention_Cheat_Sheet.html",
        "https://www.rfc-editor.org/rfc/rfc4515",
    ),
    reads=SENT,
    judge=Found("ldap-injection"),
)

RECOGNISER = Recogniser("ldap-injection", _PATTERNS, recognise)
