"""NoSQL injection: operators, scripts and commands for databases without SQL."""

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.nosql.commands import commands_in
from nightlatch.checks.attacks.nosql.operators import in_fragment, in_name
from nightlatch.checks.attacks.nosql.script import runs
from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.value import Clue, Place, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_PARAMETERS = frozenset((Place.QUERY, Place.FORM, Place.PATH, Place.COOKIE, Place.MULTIPART))
_LINES = 3
_LONG = 300

_ELASTIC = LazyPattern(
    r"\bjava\.(?:lang|io|util)\.\w++[\w.]*+(?:\.class\b|\.forName|\.getRuntime|\(\))|\.forName\s*\("
)

_PATTERNS = (
    r"[\[.]\$[a-z]{2,12}(?:[\].]|$)",
    r"[,\[{]\s*['\"]?\$[a-z]{2,12}['\"]?\s*:",
    (
        r"(?:;|\|\||&&|['\"`])[\s(!)}]*(?:return|var|let|const|while|do|for|function|sleep|this|db"
        r"|\w+\s*=\s*new\s+date|object|json|it|obj|emit|tojson\w*|new\s+date|date|process|require|global)\b"
    ),
    r"['\"`][\s)}]*(?:\|\||&&)[\s(!]*(?:['\"]|\d|true|false)",
    r"\bdb\.\w+(?:\([^)]{0,60}\))?\.\w+\s*\(",
    r"\*\d{1,3}\r?\n\$\d",
    (
        r"[\r\n][ \t]*(?:config\s+set|slaveof|replicaof|module\s+load|script\s+load"
        r"|debug\s+segfault|flush(?:all|db|_all)|bgsave|bgrewriteaof|shutdown\s+nosave"
        r"|(?:evalsha|eval|set|add|replace|append|prepend|cas|getset|[lr]push|sadd|hset)\s)"
    ),
    r"java\.(?:lang|io|util)\.|\.forname\s*\(",
)


def recognise(text: str, value: Value) -> Clue | None:
    if value.is_name:
        named = in_name(text)
        if named:
            return Clue(named[0], f"puts the query operator {named[1]} in place of a value", text)
        return None
    certainty = commands_in(text) if "\n" in text else 0
    if certainty:
        return Clue(certainty, "sends further commands to a store between line ends", text)
    return _pasted(text.lstrip("/") if value.place is Place.PATH else text, value)


def _pasted(text: str, value: Value) -> Clue | None:
    quiet = len(text) > _LONG or text.count("\n") > _LINES
    if operator := in_fragment(text):
        certainty = 80 if value.place in _PARAMETERS or not text.startswith("{") else 45
        why = f"adds the query operator {operator} to an object of the query"
        return Clue(certainty - 30 * quiet, why, text)
    if runs(text):
        return Clue(75 - 30 * quiet, "adds JavaScript to a function that the database runs", text)
    if "script" in value.name and _ELASTIC.search(text):
        return Clue(70, "makes a search script reach into Java", text)
    return None


CHECK = Check(
    id="nosql-injection",
    title="A value carries a NoSQL operator or script",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Reads the names of JSON objects and forms for MongoDB's query operators (`password[$ne]=`,
`{"name": {"$regex": ".*"}}`, `$where`), and the values for what would go on as part of a query:
a piece of an object with an operator in it, JavaScript behind a closed quote (`';return true;`), a
call of the Mongo shell, Redis or Memcached commands between line ends. Operators below names such
as `filter` and `where`, under which some APIs publish them, are only a hint.""",
    why="""\
An application that hands decoded input to its query lets the caller choose what is compared:
`{"password": {"$ne": ""}}` logs in as the first user there is, `$where` runs the caller's code in
the database.""",
    example="""\
POST /login HTTP/1.1
Host: api.example.com
Content-Type: application/json

{"user": "admin", "password": {"$ne": ""}}

HTTP/1.1 200 OK
""",
    remedy="""\
Let a schema say what a value is, before it reaches a query; a string has no operators:

```python
class Login(BaseModel):
    user: str
    password: str
```

In MongoDB set `security.javascriptEnabled: false`, and compare with `{"$eq": value}`. For Redis
use a client that sends values with their length, as all current ones do.""",
    owasp="API8:2023",
    cwe=943,
    references=(
        "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/07-Input_Validation_Testing/05.6-Testing_for_NoSQL_Injection",
        "https://www.mongodb.com/docs/manual/reference/operator/query/",
    ),
    reads=SENT,
    judge=Found("nosql-injection"),
)

RECOGNISER = Recogniser("nosql-injection", _PATTERNS, recognise)
