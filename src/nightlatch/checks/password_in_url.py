"""A password in the URL."""

from nightlatch.checks.check import Check, Evidence, Scope, Verdict
from nightlatch.checks.fields import any_named, spellings
from nightlatch.checks.wording import named
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

_PASSWORDS = spellings("password passwd pwd pass passphrase new_password old_password pin")


def judge(evidence: Evidence) -> Verdict:
    query = evidence.query
    if not query or not any_named(query, _PASSWORDS):
        return None
    for leaf in query:
        if leaf.name in _PASSWORDS and leaf.value:
            return f"the query parameter {named(leaf.name)} is filled"
    return None


CHECK = Check(
    id="password-in-url",
    title="A password in the URL",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Fails when a query parameter called `password`, `pwd`, `pin` or the like is filled. An empty one
passes.""",
    why="""\
The password now stands in clear in access logs, browser history and every proxy on the way.
Unlike a token it does not expire, and people use it elsewhere.""",
    example="""\
GET /login?user=ada&password=… HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
""",
    remedy="""\
Sign in with a POST whose body carries the password, over TLS, and have no GET route for it:

```python
@app.post("/login")
def login(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Token: ...
```

Treat the passwords that came this way as known to others: have them changed, clean the logs.""",
    owasp="API2:2023",
    cwe=598,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html",
        "https://www.rfc-editor.org/rfc/rfc9110#section-17.9",
    ),
    reads=frozenset({Part.QUERY}),
    judge=judge,
)
