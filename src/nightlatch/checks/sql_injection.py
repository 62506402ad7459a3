"""SQL injection: a value that would go on as SQL."""

from collections.abc import Iterable

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.checks.fields import has_leaf, telling
from nightlatch.checks.sql_shape import sql_in
from nightlatch.checks.wording import named
from nightlatch.exchange.content import Leaf
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.signs import STATEMENT

_MARKS = ("'", "=", ";", "(", '"', "--", "<", ">")
"""Without one of these, or the word UNION, no value is an attack."""


def judge(evidence: Evidence) -> Verdict:
    exchange = evidence.exchange
    body = telling(evidence.request, evidence.request_signs, STATEMENT)
    leaves = (*evidence.query, *body)
    values = [value for leaf in leaves if isinstance(value := leaf.value, str)]
    path = exchange.request.path if "{" in exchange.endpoint.template else None
    if not values and path is None:
        return None if not body and has_leaf(evidence.request, str) else SKIP
    # One search through all of them together: nearly every request ends here.
    together = "\n".join([*values, path or ""])
    marks = [mark for mark in _MARKS if mark in together]
    union = "union" in together.lower()
    if not marks and not union:
        return None
    texts = _texts(leaves, path)
    for value, place in texts if union else _marked(texts, marks):
        if found := sql_in(value):
            return f"{named(place) if place else 'a segment of the path'} {found}"
    return None


def _texts(leaves: Iterable[Leaf], path: str | None) -> list[tuple[str, str]]:
    """Every value and where it stands; "" for a segment of the path."""
    texts = [(leaf.value, leaf.path) for leaf in leaves if isinstance(leaf.value, str)]
    return texts if path is None else texts + [(segment, "") for segment in path.split("/")]


def _marked(texts: list[tuple[str, str]], marks: list[str]) -> Iterable[tuple[str, str]]:
    # By value, so that one with several marks, or in several places, is read once.
    return {value: place for mark in marks for value, place in texts if mark in value}.items()


CHECK = Check(
    id="sql-injection",
    title="A value carries SQL",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Reads every decoded value of the path, the query and a JSON or form body as SQL, in the three
places where it could be pasted: bare, in single and in double quotes. Fails when the value would
continue the statement: a condition decided in advance (`' OR 1=1`), `UNION SELECT`, a second
statement, a quote that is closed and the rest commented out, a query of its own, a function that
makes the database wait. Words alone never fail: "O'Brien" and "select a union rep and drop by"
pass. Headers, cookies and doubly encoded values are not read yet.""",
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
is seen in the answer: look at its status, its size and the time it took.""",
    owasp="API8:2023",
    cwe=89,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/SQL_Injection_Prevention_Cheat_Sheet.html",
        "https://cheatsheetseries.owasp.org/cheatsheets/Query_Parameterization_Cheat_Sheet.html",
    ),
    judge=judge,
    treblle="SQL injection",
)
