"""Server-side includes: a value that a web server or a cache would carry out."""

import re

from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.surroundings import surroundings
from nightlatch.checks.attacks.value import Clue, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_DIRECTIVE = re.compile(
    r"<!--\s*+\#\s*+(?P<name>exec|include|echo|printenv|config|set|fsize|flastmod|if|elif|else|endif)\b(?P<rest>[^\n]{0,400})",
    re.IGNORECASE,
)
_EDGE = re.compile(
    r"<esi:(?P<name>include|inline|vars|debug|assign|eval|try|choose|comment|remove|function)\b|<!--esi\b",
    re.IGNORECASE,
)
_DOES = {
    "exec": "has the web server run a command",
    "include": "has the web server include a file",
    "echo": "has the web server print its variables",
    "printenv": "has the web server print its variables",
}
_ARGUMENT = re.compile(
    r"\s*+(?:cmd|cgi|virtual|file|var|errmsg|timefmt|sizefmt|value|expr|encoding)\s*+=",
    re.IGNORECASE,
)
_WITHOUT = frozenset({"printenv", "else", "endif"})


def recognise(text: str, value: Value) -> Clue | None:
    if (match := _DIRECTIVE.search(text)) and _complete(match):
        name = match["name"].lower()
        end = text.find("-->", match.end("name")) + 3
        why = _DOES.get(name, "carries a directive for the web server")
        strong = 92 if name in _DOES else 75
    elif match := _EDGE.search(text):
        end = match.end()
        why, strong = "has a cache between put something into the page", 85
    else:
        return None
    around = surroundings(text, match.start(), max(end, match.start() + 4), value)
    if around.code or (around.words > 40 and not around.page):
        return None
    if around.document:
        strong = 35
    return Clue(strong, why, match[0])


def _complete(match: re.Match[str]) -> bool:
    return match["name"].lower() in _WITHOUT or bool(_ARGUMENT.match(match["rest"]))


CHECK = Check(
    id="server-side-include",
    title="A value carries a server-side include",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Fails when a value holds a directive that web servers (`<!--#exec cmd="…"-->`, `#include`, `#echo`)
or caches (`<esi:include src="…"/>`) carry out in the pages that they serve. Whole pages that are
uploaded, and directives that somebody quotes in a text, pass.""",
    why="""\
A value that reaches a page of a server with includes switched on runs commands there, or reads
files; one that passes a cache with edge-side includes has the cache fetch addresses for the caller,
from inside, and put the cookies of others into them.""",
    example="""\
POST /comments HTTP/1.1
Host: api.example.com
Content-Type: application/json

{"text": "<!--#exec cmd=\\"id\\" -->"}
""",
    remedy="""\
Escape `<` wherever a value goes into a page. Switch includes off where no page needs them:

```apache
Options -Includes
```

and let the cache interpret edge-side includes only in answers that say so
(`Surrogate-Control: content="ESI/1.0"`).""",
    owasp="API8:2023",
    cwe=97,
    references=(
        "https://owasp.org/www-community/attacks/Server-Side_Includes_(SSI)_Injection",
        "https://www.w3.org/TR/esi-lang/",
    ),
    reads=SENT,
    judge=Found("server-side-include"),
)

RECOGNISER = Recogniser(
    "server-side-include",
    (
        r"<!--\s*#\s*(?:exec|include|echo|printenv|config|set|fsize|flastmod|if|elif|else|endif)\b",
        r"<esi:[a-z]|<!--esi\b",
    ),
    recognise,
)
