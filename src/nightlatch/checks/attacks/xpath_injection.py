"""XPath injection: a value that changes the path it is pasted into, XQuery included."""

from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.value import Clue, Value
from nightlatch.checks.attacks.xpath.paths import breaks_out
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_LONG = 400

_PATTERNS = (
    r"\][\s)\]]*(?:/|\||or\b|and\b)",
    r"['\"\d][\s)\]]*\|\s*/",
    r"\b(?:or|and)[\s(]+/{1,2}[\w*@.]",
    r"['\"\d)\]]\s*(?:or|and)[\s(]*/{1,2}[\w*@.]",
    r"['\"\])]\s*!?[=|<>][\s(]*/{1,2}[\w*@.]",
    r"\w::(?:\w|\*)",
    (
        r"(?:string-length|(?:local-)?name|namespace-uri|normalize-space|starts-with|ends-with|position"
        r"|substring-(?:after|before)|doc(?:ument|-available)?|unparsed-text|system-property|last|node"
        r"|text|comment|collection|environment-variable|string-to-codepoints|generate-id)\s*\("
    ),
    r"(?:count|contains|string|boolean|not|sum|substring|translate|concat)\s*\(\s*[/.@*]",
)


def recognise(text: str, _value: Value) -> Clue | None:
    quiet = 30 * (len(text) > _LONG or text.count("\n") > 3)
    if breaks_out(text):
        return Clue(82 - quiet, "goes on as XPath behind the value's end", text)
    return None


CHECK = Check(
    id="xpath-injection",
    title="A value carries XPath",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Reads every value of a request as it would stand in an XPath expression, `//user[name='…']`. Fails
when it goes on with a condition that uses XPath's own functions, axes or paths
(`' or count(/*)=1 or 'a'='b`), or closes the predicate and appends another path (`']|//user/*[1`).
A path that is a value of its own passes: applications are sent such.""",
    why="""\
Where such a value reaches an expression that is put together from strings, the caller reads the
whole document, node by node: XPath knows no rights.""",
    example="""\
GET /users?name='%20or%20count(/*)=1%20or%20'a'='b HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
""",
    remedy="""\
Hand values over as variables:

```python
tree.xpath("//user[name=$name]", name=name)
```

In XQuery declare them `external` and bind them from outside.""",
    owasp="API8:2023",
    cwe=643,
    references=(
        "https://owasp.org/www-community/attacks/XPATH_Injection",
        "https://cwe.mitre.org/data/definitions/652.html",
    ),
    reads=SENT,
    judge=Found("xpath-injection"),
)

RECOGNISER = Recogniser("xpath-injection", _PATTERNS, recognise)
