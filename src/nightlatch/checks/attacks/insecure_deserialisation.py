"""Insecure deserialisation: a value that would be objects, made so that making them runs code."""

import re

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.prose import count_words
from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.serialised.binary import read_binary
from nightlatch.checks.attacks.serialised.gadgets import gadget_in
from nightlatch.checks.attacks.serialised.php import read_php
from nightlatch.checks.attacks.value import Clue, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_YAML = LazyPattern(
    r"""
    (?:(?<!!)!!?|!<tag:yaml\.org,2002:)
    (?: python/(?:object|name|module) (?:/\w+)?(?::\w|>|\s*+\Z)
      | ruby/(?:object|hash|struct|exception|class|sym|regexp)
      | php/object | perl/(?:hash|code|ref|scalar):
      | (?:javax?|com|org|sun|ch|net)\.[\w.$]+\.[A-Z]\w+ )
    """,
    re.VERBOSE,
)
_FUNCTION = LazyPattern(r"_\$\$ND_(?:FUNC|CC)\$\$_")
_PICKLE = LazyPattern(
    r"c(?:os|posix|nt|subprocess|builtins|__builtin__|commands|sys|pty|importlib|pickle|webbrowser"
    r"|timeit|platform|socket|runpy|shutil|code|_io|io|operator|functools|types)\n"
    r"[A-Za-z_]\w*+(?>(?:\.\w++)*)\n(?:p\d++\n|q.)?[(SVIXN)\]}]"
    r"|\x8c.(?:os|posix|nt|builtins|subprocess|__builtin__)(?:\x94)?\x8c.\w+(?:\x94)?\x93",
    re.DOTALL,
)
_XML_OBJECTS = LazyPattern(
    r"<(?:java(?:\s[^>]{0,80})?\sclass\s*=\s*[\"']java\.beans\.XMLDecoder"
    r"|(?:object|void|new)\s[^>]{0,40}class\s*=\s*[\"']java\."
    r"|sorted-set>|tree-map>|dynamic-proxy>|java\.util\.PriorityQueue|jdk\.nashorn\."
    r"|javax\.imageio\.spi\.|org\.codehaus\.groovy\.|com\.sun\.(?:rowset|xml|org)\."
    r"|javax\.naming\.|java\.lang\.ProcessBuilder|ResourceDictionary[\s>][^>]{0,300}ObjectDataProvider"
    r"|ObjectDataProvider[\s>])",
)


def recognise(text: str, value: Value) -> Clue | None:
    """Which language's objects the text holds, and what they would do."""
    clue = read_php(text) or read_binary(text)
    if clue is not None:
        return clue
    gadget = gadget_in(text, value)
    if gadget is not None:
        return gadget
    if "_$$ND_" in text and _FUNCTION.search(text):
        return _unless_prose(90, "is a function that node-serialize runs", text)
    if _PICKLE.search(text):
        return _unless_prose(90, "is a Python pickle that calls a function", text)
    yaml = _YAML.search(text) if "!" in text else None
    if yaml is not None and not text[: yaml.start()].rpartition("\n")[2].lstrip().startswith("#"):
        return _unless_prose(88, "is YAML that makes an object of a class it names", text)
    if "<" in text and _XML_OBJECTS.search(text):
        return _unless_prose(85, "is XML that makes objects of classes it names", text)
    return None


def _unless_prose(certainty: int, why: str, text: str) -> Clue | None:
    words = count_words(text)
    return Clue(certainty, why, text) if words <= 12 else None


CHECK = Check(
    id="insecure-deserialisation",
    title="A value carries serialised objects",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Fails when a value is an object of a class that its sender chose, known by the formats in which such
objects are kept: Java's serialisation (raw, base64, hexadecimal), PHP's `O:8:"…"`, Python's
pickles, .NET's BinaryFormatter and gadgets in a ViewState, Ruby's Marshal; JSON whose type name
(`$type`, `@type`, a class name first in a list) is one that runs code when it is made; YAML tags
that make objects; XML for XMLDecoder and XStream; functions for node-serialize. JSON-LD's `@type`,
plain PHP arrays and Rails' older session cookies pass, and so do class names in a stack trace.""",
    why="""\
Making an object can run code: constructors, magic methods, chains of library classes that are
publicly listed. An application that makes the objects a caller sends can be taken over with one
request.""",
    example="""\
POST /cart HTTP/1.1
Host: api.example.com
Cookie: cart=rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcAUH2sHDFmDRAwACRgAKbG9hZEZhY3Rvcg

HTTP/1.1 200 OK
""",
    remedy="""\
Take data, not objects: JSON into types of your own.

```python
order = msgspec.json.decode(body, type=Order)   # not pickle.loads, not yaml.load
settings = yaml.safe_load(text)
```

Where it must be a native format, sign it and check the signature before reading; in Java set a
deserialisation filter, in .NET leave `TypeNameHandling` at `None`.""",
    owasp="API8:2023",
    cwe=502,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/Deserialization_Cheat_Sheet.html",
        "https://owasp.org/www-community/vulnerabilities/Deserialization_of_untrusted_data",
    ),
    reads=SENT,
    judge=Found("insecure-deserialisation"),
)

RECOGNISER = Recogniser(
    "insecure-deserialisation",
    (
        r"(?-i:rO0ABX)|aced0005|\xc2\xac\xc3\xad\x00\x05|\xac\xed\x00\x05|\xef\xbf\xbd\xef\xbf\xbd\x00\x05",
        r"(?-i:H4sI[A-Za-z0-9+/_-]{40})",
        r"[OC]:\+?\d+:(?:\\?\"|%22)|a:\d+:\{",
        r"(?-i:gA[JNSW][A-Za-z0-9+/_-]{12})|\x80[\x02-\x05]c|(?-i:\x8c.(?:os|posix|nt|builtins))",
        r"(?-i:c(?:os|posix|nt|subprocess|builtins|__builtin__|commands|sys|pty)\n\w)",
        r"(?-i:c(?:importlib|pickle|webbrowser|timeit|platform|socket|runpy|shutil|code|_?io)\n\w)",
        r"(?-i:AAEAAAD/{3}|AAEAAAD_{3}|/wE[A-Za-z0-9+/]{40}|BAh[A-Za-z7][A-Za-z0-9+/]{12})|\x04\x08[oU\[]",
        r"(?:!|!<tag:yaml\.org,2002:)(?:python/|ruby/|php/object|perl/)|!!(?:javax?|com|org|sun)\.",
        r"_\$\$ND_(?:FUNC|CC)\$\$_",
        (
            r"<java[\s.]|class\s*=\s*[\"']java|sorted-set>|tree-map>|dynamic-proxy>|<jdk\.nashorn"
            r"|<javax\.|<com\.sun\.|<org\.codehaus|ObjectDataProvider"
        ),
        (
            r"commons\.collections|commons\.beanutils|JdbcRowSet|TemplatesImpl|ysoserial|BadAttributeValue"
            r"|java\.(?:lang\.(?:ProcessBuilder|Runtime|AutoCloseable|Class)|net\.|beans\.|rmi\.)|com\.mchange|InvokerTransformer"
            r"|ScriptEngineManager|javax\.naming\.|org\.springframework\.\w+\.support"
            r"|ch\.qos\.logback\.core\.db|org\.apache\.(?:xbean|ibatis|shiro|openjpa|hadoop|axis2)"
        ),
        r"System\.(?:Windows\.Data|Diagnostics|Configuration\.Install|Management|Web\.Security|IO)\.",
        r"DeprecatedInstanceVariableProxy|Gem::(?:Requirement|Installer|SpecFetcher)|Rack::Session",
    ),
    recognise,
)
