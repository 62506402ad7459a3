"""Prototype pollution: a name that writes into what all objects of a program inherit."""

import re

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.value import Clue, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_WHY = "writes into the prototype that all objects share"

# The way to the prototype, in the notations that readers of names take apart.
_PROTO = r"_{2}pro(?:__proto__)?to_{2}"
_CONSTRUCTOR = r"constructor(?:\]\[|\.|\"?\]\[\"?|\['?\"?)prototype"
_NAME = LazyPattern(
    rf"(?:^|[.\[\]/'\"])(?:{_PROTO}|{_CONSTRUCTOR})(?:$|[.\[\]/'\"])", re.IGNORECASE
)
_ASSIGNED = LazyPattern(
    rf"[?&#;/\s]*+[\w.\[\]-]{{0,40}}?\[?['\"]?(?:{_PROTO}|{_CONSTRUCTOR})"
    r"(?:['\"]?\]|\.[\w$-]|\[)[^=\s]{0,80}=",
    re.IGNORECASE,
)
_MEMBER = LazyPattern(r"""(["'])__proto__\1\s*+:\s*+[{\["']""")
_MEMBER_BY_CONSTRUCTOR = LazyPattern(
    r"""(["'])constructor\1\s*+:\s*+\{\s*+(["'])prototype\2\s*+:""", re.IGNORECASE
)
_BYPASS = LazyPattern(r"__pro__proto__to__|constconstructorructor|__pro%5f%5fto__", re.IGNORECASE)


def recognise(text: str, value: Value) -> Clue | None:
    if value.is_name:
        return _of_name(text.strip(), value)
    if _BYPASS.search(text):
        return Clue(88, f"{_WHY}, past a filter that removes the name once", text[:120])
    if _ASSIGNED.match(text):
        return Clue(84, _WHY, text[:120])
    if value.place == "path" and _NAME.search(text):
        return Clue(85, _WHY, text[:120])
    if match := _MEMBER.search(text) or _MEMBER_BY_CONSTRUCTOR.search(text):
        whole = text.lstrip()[:1] in "{["
        return Clue(86 if whole else 45, _WHY, text[match.start() : match.start() + 120])
    return None


def _of_name(name: str, value: Value) -> Clue | None:
    if _NAME.search(name) or _BYPASS.search(name):
        return Clue(94, _WHY, name[:120])
    parent = value.name.removesuffix(name).rstrip(".[")
    if name == "prototype" and parent.endswith("constructor"):
        return Clue(94, _WHY, f"{value.name[-80:]}")
    return None


CHECK = Check(
    id="prototype-pollution",
    title="A name reaches for the prototype of all objects",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Fails when the name of a field is, or leads through, `__proto__` or `constructor.prototype`: as a
key of JSON, in brackets or dots of a query or form, in a segment of the path, or in JSON that
stands in a string. Code that only mentions the name passes.""",
    why="""\
A JavaScript program that merges such a body into an object changes all of its objects: everybody
becomes an administrator, a template runs the caller's code. The API may be in another language
and still pass the body on to one that is not.""",
    example="""\
PATCH /profile HTTP/1.1
Host: api.example.com
Content-Type: application/json

{"__proto__": {"isAdmin": true}}
""",
    remedy="""\
Take only the fields you know, by a schema, and never merge a body into an object:

```javascript
const { name, phone } = schema.parse(request.body);
```

In Node, `--disable-proto=delete` removes the accessor, and `Object.create(null)` or `Map` hold what
callers name.""",
    owasp="API3:2023",
    cwe=1321,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/Prototype_Pollution_Prevention_Cheat_Sheet.html",
    ),
    reads=SENT,
    judge=Found("prototype-pollution"),
)

RECOGNISER = Recogniser(
    check=CHECK.id,
    patterns=(
        r"__proto__|__pro%5f",
        r"constructor[\"'\]\[.:{\s]{1,8}prototype",
        r"^\s*prototype\s*$",
        r"constconstructor",
    ),
    recognise=recognise,
)
