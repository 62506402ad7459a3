"""SQL injection: a value that would go on as SQL."""

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.sql.breakout import sql_in
from nightlatch.checks.attacks.sql.finding import CUT, JOINED, TIME, WHOLE, Finding
from nightlatch.checks.attacks.sql.patterns import PATTERNS
from nightlatch.checks.attacks.sql.words import words
from nightlatch.checks.attacks.value import Clue, Place, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_PARAMETERS = frozenset((Place.QUERY, Place.FORM, Place.PATH, Place.COOKIE))
"""Where people write little: an operator between quotes is a probe there, and code elsewhere."""
_SHORT_NAMES = words(
    """id uid pid user user_name username login email mail phone page limit offset size sort order
    order_by orderby category product sku price amount status lang locale currency token"""
)
"""What these hold is an id, a number or a word."""
_FAINT = frozenset((CUT, JOINED, WHOLE, TIME))
_CERTAIN = 85
_LONG = 300
_NOTE = 120
_LINES = 3
_LONGEST_PATH = 1_024
_READINGS = 4
_PLAIN = LazyPattern(r"[\w.~:-]*+(?<!--)")


def recognise(text: str, value: Value) -> Clue | None:
    finding = _in_path(text) if value.place is Place.PATH else sql_in(text)
    if finding is None:
        return None
    return Clue(_in_place(finding, text, value), finding.why, text)


def _in_path(path: str) -> Finding | None:
    """A value may be any segment, or the rest of the path from there on (SQL has slashes too)."""
    rest, read = path[:_LONGEST_PATH].lstrip("/"), 0
    while rest and read < _READINGS:
        segment, slash, after = rest.partition("/")
        if not slash or after.startswith("*") or not _PLAIN.fullmatch(segment):
            read += 1
            found = sql_in(rest) or (sql_in(segment) if slash else None)
            if found or not slash:
                return found
        rest = after
    return None


def _in_place(finding: Finding, text: str, value: Value) -> int:
    """Applications are sent programs, and documents about them: there, faint signs say little."""
    certainty = finding.certainty
    if certainty >= _CERTAIN:
        return certainty
    if finding.why in _FAINT and not _is_parameter(value):
        return min(certainty, 45)
    document = len(text) > _LONG or (len(text) > _NOTE and text.count("\n") > _LINES)
    return certainty - 25 * document


def _is_parameter(value: Value) -> bool:
    """Is the value one of few characters, by where it stands or what it is called?"""
    if value.place in _PARAMETERS or value.name.startswith("referer."):
        return True
    name = value.name.rpartition(".")[2]
    return name in _SHORT_NAMES or name.endswith(("_id", "Id"))


CHECK = Check(
    id="sql-injection",
    title="A value carries SQL",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Reads every value of a request (path, query, body, cookies and headers, each in all its encodings)
as SQL, in the three places where it could be pasted: bare, in single and in double quotes. Fails
when the value would continue the statement: a condition decided in advance (`' OR 1=1`),
`UNION SELECT`, a second statement, a quote that is closed and the rest commented out, a query of
its own, a function that makes the database wait. Reads MySQL, PostgreSQL, SQL Server, Oracle and
SQLite, with comments, odd spaces and odd numbers in between. Words alone never fail: "O'Brien" and
"select a union rep and drop by" pass, and so does a document that quotes a query.""",
    why="""\
Where such a value reaches a statement that is put together from strings, the caller reads and
changes the database: all of it, in minutes, with free tools.""",
    example="""\
GET /users?name=x'%20OR%20'1'='1 HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
""",
    remedy="""\
Never build statements from strings; hand the values over as parameters:

```python
rows = session.execute(select(User).where(User.name == name))
rows = connection.execute(text("SELECT id FROM users WHERE name = :name"), {"name": name})
```

Names of columns cannot be parameters: choose them from a fixed list. Whether the attempt worked
is seen in the answer: look at its status, its size, the time it took, and for `sql-error`.""",
    owasp="API8:2023",
    cwe=89,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/SQL_Injection_Prevention_Cheat_Sheet.html",
        "https://cheatsheetseries.owasp.org/cheatsheets/Query_Parameterization_Cheat_Sheet.html",
    ),
    reads=SENT,
    judge=Found("sql-injection"),
    treblle="SQL injection",
)

RECOGNISER = Recogniser("sql-injection", PATTERNS, recognise)
