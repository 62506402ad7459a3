"""Code injection: a value that the server's own language would run."""

from nightlatch.checks.attacks.code import javascript, php, python, scripting
from nightlatch.checks.attacks.code.sign import Sign
from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.surroundings import Surroundings, surroundings
from nightlatch.checks.attacks.value import Clue, Place, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_LANGUAGES = (php.signs, python.signs, javascript.signs, scripting.signs)


def recognise(text: str, value: Value) -> Clue | None:
    if value.place is Place.PATH:
        text = text.lstrip("/")
    best: Clue | None = None
    lower = text.lower()
    for signs in _LANGUAGES:
        for sign in signs(text, lower):
            around = surroundings(text, sign.start, sign.end, value)
            certainty = _certainty(sign, around, text, value)
            if certainty and (best is None or certainty > best.certainty):
                best = Clue(certainty, sign.why, text[sign.start : sign.end + 60])
    return best


def _certainty(sign: Sign, around: Surroundings, text: str, value: Value) -> int:
    if around.code and value.place is not Place.FILE:
        return 0
    if sign.certain:
        return 90 if around.lines <= 12 and around.words <= 30 else 62 if around.words <= 30 else 35
    # Code that people also write is an attack when it is all there is, and short.
    if around.lines > 3 or around.words > 3:
        return 0
    return 80 if len(text) <= 600 else 35


_PATTERNS = php.PATTERNS + python.PATTERNS + javascript.PATTERNS + scripting.PATTERNS

CHECK = Check(
    id="code-injection",
    title="A value carries code for the server",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Fails when a value is code that PHP, Python, JavaScript, Ruby, Perl, Lua or a script of ASP or JSP
would run on the server: an opening tag with a call behind it, a call that runs commands or
evaluates a decoded string, a stream wrapper that makes input into a file, a walk from an object to
the interpreter. The call must be the value, or nearly: code in an article, in a fenced block or in
a diff passes.""",
    why="""\
Where a value reaches an evaluator, an include or a file that is served, the caller runs code on the
server. Automatic scanners try it on every parameter they find.""",
    example="""\
GET /page?name=${@print(md5(1))} HTTP/1.1
Host: api.example.com
""",
    remedy="""\
Never hand a value to `eval`, `exec`, `Function`, `assert`, `include` or a shell. Parse data with a
parser of data:

```python
limits = json.loads(body)          # not eval(body)
value = ast.literal_eval(text)     # where it must be Python's notation
```

Store uploads outside of what the web server runs, under names of your own.""",
    owasp="API8:2023",
    cwe=94,
    references=(
        "https://owasp.org/www-community/attacks/Code_Injection",
        "https://www.php.net/manual/en/wrappers.php.php",
    ),
    reads=SENT,
    judge=Found("code-injection"),
)

RECOGNISER = Recogniser("code-injection", _PATTERNS, recognise)
