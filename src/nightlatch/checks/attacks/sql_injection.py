"""SQL injection: a value that would go on as SQL."""

from nightlatch.checks.attacks.recogniser import Recogniser, found
from nightlatch.checks.attacks.sql.breakout import sql_in
from nightlatch.checks.attacks.sql.finding import CUT, JOINED, TIME, WHOLE, Finding
from nightlatch.checks.attacks.value import Clue, Place, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_PARAMETERS = frozenset((Place.QUERY, Place.FORM, Place.PATH, Place.COOKIE))
"""Where people write little: an operator between quotes is a probe there, and code elsewhere."""
_FAINT = frozenset((CUT, JOINED, WHOLE, TIME))
_CERTAIN = 85
_LONG = 300
_NOTE = 120
_LINES = 3
_SEGMENTS = 8

_GAP = r"(?:[\s\x00-\x20\x80-\xff()+\-~!@`{]|/\*|\*/|\d)*"
_PATTERNS = (
    # A quote, and what a statement could go on with.
    r"['\"][\s\x00-\x20\x80-\xff)]*(?:--|#|/\*|;|\|\||&&|[=<>!+\-*/%^&|~@]|,\s*\(?\s*\w+\s*\()",
    (
        r"['\"][\s\x00-\x20\x80-\xff)(/*!\d]*(?:x?or|and|union|like|r?like|regexp|between|in|is|not|having|where"
        r"|order|group|limit|offset|div|mod|sounds|procedure|into|for|lock|as|waitfor|exec|execute"
        r"|declare|begin|goto|if|select|drop|delete|insert|update|create|alter|except|intersect"
        r"|eqv|imp)\b"
    ),
    # AND and OR before what decides a condition.
    (
        r"(?:x?or|and|not|having|where|\|\||&&)" + _GAP + r"(?:\d|['\"]|@|\w+\s*[(=<>]"
        r"|null\b|true\b|false\b|select\b|\w+\s+(?:r?like|in|is|between|regexp)\b)"
    ),
    # A union, a query, a statement behind a semicolon.
    r"union[\s\x00-\x20\x80-\xff(/#\-*!\d]*(?:all|distinct|select|\d|/\*|#|--)",
    r"union\W*$",
    r"union.{0,80}(?:select|values|table)",
    r"\(\s*(?:select|case)\b",
    r"waitfor[\s\x00-\x20\x80-\xff/*]+(?:delay|time)\b",
    r"select(?:[\s\x00-\x20\x80-\xff(+\-~!*@'\"`/]|\d)+.{0,400}(?:from|\(|@@|--|#|/\*|,|end)",
    (
        r";[\s\x00-\x20\x80-\xff(/*]*(?:select|insert|update|delete|drop|create|alter|truncate|exec|execute|if"
        r"|declare|set|waitfor|begin|call|shutdown|grant|copy|print|do|handler|rename|replace|attach"
        r"|use|backup|pragma)\b"
    ),
    # Functions of databases.
    (
        r"(?:sleep|benchmark|pg_sleep\w*|randomblob|waitfor|extractvalue|updatexml|load_file|version"
        r"|user|database|schema|current_\w+|db_name|utl_\w+\.\w+|dbms_\w+\.\w+|ctxsys\.\w+|xmltype"
        r"|json_\w+|\w+name|\w*compress|coercibility|mid|substr|substring|ascii|char|chr|concat\w*"
        r"|hex|unhex|elt|exp|cast|convert|row_count|make_set|gtid_sub\w+)\s*(?:/\*.{0,20}\*/\s*)?\("
    ),
    r"@@\w",
    r"(?:--|#)[^\s\-#]{0,40}[\r\n]",
    r"(?:order|group)[\s\x00-\x20\x80-\xff/*]+by[\s\x00-\x20\x80-\xff/*(]*(?:\d|\w+\s*\(|.{1,60}having)",
    r"(?:limit|offset)[\s\x00-\x20\x80-\xff/*]+\d",
    r"(?:procedure|into)[\s\x00-\x20\x80-\xff/*]+(?:analyse|outfile|dumpfile)",
    r"(?:declare|set)[\s\x00-\x20\x80-\xff/*]+@\w",
    r"exec(?:ute)?[\s\x00-\x20\x80-\xff/*(]+(?:xp_|sp_|master|sys\.|@|'|immediate)",
    # A comment in the midst of a value or at its end.
    r"/\*[^,;/]{0,60}\*/",
    r"[\w)'\"\s](?:--[\s\-+]*\w{0,4}|/\*|#\s*)$",
    # An operator between quotes, and nothing else.
    r"^.{0,12}'\s?\W{1,3}\s?'.{0,12}$",
    r"\bcase\b.{1,200}\bend\b",
    r"\)\s*from\s",
)


def recognise(text: str, value: Value) -> Clue | None:
    finding = _in_path(text) if value.place is Place.PATH else sql_in(text)
    if finding is None:
        return None
    return Clue(_in_place(finding, text, value.place), finding.why, text)


def _in_path(path: str) -> Finding | None:
    """A value may be any segment, or the rest of the path from there on (SQL has slashes too)."""
    rest = path.lstrip("/")
    for _ in range(_SEGMENTS):
        segment, slash, after = rest.partition("/")
        plain = segment.isalnum() and slash and not after.startswith("*")
        found = None if plain else sql_in(rest)
        if found is None and slash and not plain:
            found = sql_in(segment)
        if found or not slash:
            return found
        rest = after
    return None


def _in_place(finding: Finding, text: str, place: Place) -> int:
    """Applications are sent programs, and documents about them: there, faint signs say little."""
    certainty = finding.certainty
    if certainty >= _CERTAIN:
        return certainty
    if finding.why in _FAINT and place not in _PARAMETERS:
        return min(certainty, 45)
    document = len(text) > _LONG or (len(text) > _NOTE and text.count("\n") > _LINES)
    return certainty - 25 * document


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
    judge=found("sql-injection"),
    treblle="SQL injection",
)

RECOGNISER = Recogniser("sql-injection", _PATTERNS, recognise)
