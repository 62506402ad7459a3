"""Open redirect: a target that looks local and leads elsewhere, or a script in its place."""

import re

from nightlatch.checks.attacks import parameter_names
from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.url.addresses import target_of
from nightlatch.checks.attacks.value import Clue, Place, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_PLACES = frozenset(
    (Place.QUERY, Place.FORM, Place.MULTIPART, Place.JSON, Place.COOKIE, Place.PATH)
)

_NAME = r"(?:[\w-]{1,63}+\.)+[a-z]{2,24}+\.?"
_HOST = rf"{_NAME}(?=[/:?#\\\s%\x00]|$)"
_SLASHES = LazyPattern(
    r"(?:<>)?([/\\\x00-\x20\u3031\u3035\u309d\u30fc\uff70\uff0f\u2044\u2215]++)(?:<>//)?(.*)",
    re.DOTALL,
)
_SCHEME = LazyPattern(
    r"[\x00-\x20]*+(https?|ftp):([/\\\x00-\x20]*+)(.*)", re.IGNORECASE | re.DOTALL
)
_SCRIPT = LazyPattern(
    r"[\x00-\x20/]*+(?:j\s*a\s*v\s*a|v\s*b)\s*s\s*c\s*r\s*i\s*p\s*t\s*:\s*\S"
    r"|[\x00-\x20]*+data\s*:\s*(?:text/(?:html|xml)|image/svg|application/(?:xhtml|xml|javascript)|[,;])",
    re.IGNORECASE,
)
_IDLE = LazyPattern(r"javascript:(?:\s|void\b|;|history\.)", re.IGNORECASE)
"""What pages write where a link shall do nothing, and people where they speak of the language."""
_SCHEME_AFTER_SLASH = LazyPattern(r"/(?:<>)?https?:[/\\]", re.IGNORECASE)
_KANA = str.maketrans(dict.fromkeys("\u3031\u3035\u309d\u30fc\uff70", "/~"))
"""Marks of Japanese that look like a slash; some readers of names make one of them."""
_LEADING_HOST = LazyPattern(_HOST, re.IGNORECASE)
_ANY_HOST = LazyPattern(rf"(?:[^/?#]{{0,100}}@)?{_HOST}|\d|\[|[\w-]+\u3002\w|\.\w", re.IGNORECASE)
_TWO_HOSTS = LazyPattern(
    rf"{_NAME}(?::\d+)?"
    r"(?:[\\/]?@|\\|%(?:ff|00|0[ad]|5c|40)|[\x00-\x20]+[@.]|[#?]@|#\.)",
    re.IGNORECASE,
)
_APPENDED = LazyPattern(rf";?[@.]{_HOST}", re.IGNORECASE)
_NUMBERS = LazyPattern(r"\d[\da-fx.]*+(?![\w-])", re.IGNORECASE)
_USER_PART = LazyPattern(r"([^/?#\\]{1,200})@(.*)", re.DOTALL)


def recognise(text: str, value: Value) -> Clue | None:
    if value.is_name or value.place not in _PLACES:
        return None
    text = text[:2048]
    if value.place is Place.PATH:
        return _of_path(text)
    if not parameter_names.redirects(value.name):
        return None
    certainty, why = _judge(text, sure=parameter_names.surely_redirects(value.name))
    return Clue(certainty, why, text[:200]) if certainty else None


def _judge(text: str, *, sure: bool) -> tuple[int, str]:
    """Certainty and reason; 0 for what is ordinary."""
    if _SCRIPT.match(text):
        idle = not sure and _IDLE.match(text)
        return (88 if sure else 45 if idle else 65), "puts a script where an address belongs"
    if sure and _SCHEME_AFTER_SLASH.match(text):
        return 62, "leads elsewhere where the first slash is dropped"
    if match := _SCHEME.match(text):
        return _of_absolute(match[2], match[3], sure=sure)
    if match := _SLASHES.match(text):
        return _of_slashes(match[1], match[2], sure=sure)
    if sure and _APPENDED.match(text):
        return 62, "changes the host it is appended to"
    return 0, ""


def _of_absolute(slashes: str, rest: str, *, sure: bool) -> tuple[int, str]:
    if not _ANY_HOST.match(rest):
        return 0, ""
    if slashes == "//":
        if _two_hosts(rest) or rest.startswith(".") or _in_numbers(rest):
            return (85 if sure else 70), "shows one host and leads to another"
        return 0, ""
    # Some servers merge slashes in what they pass on: "https:/" alone is not an attempt.
    if slashes == "/":
        return (62 if sure else 25), "leaves out a slash that browsers add"
    return (85 if sure else 65), "spells an address so that only browsers see its host"


def _of_slashes(slashes: str, rest: str, *, sure: bool) -> tuple[int, str]:
    leads = slashes.strip("\x00\t\r\n ").translate(_KANA)
    if len(leads) < 2 or not _ANY_HOST.match(rest):
        return 0, ""
    if leads != "//":
        # Two backslashes begin the name of a Windows share.
        share = leads == "\\\\" and not sure
        return (25 if share else 86 if sure else 62), "looks like a local path and leads elsewhere"
    if _two_hosts(rest) or "/.." in rest or rest.endswith("//"):
        return (85 if sure else 65), "looks like a local path and leads elsewhere"
    return (68 if sure else 25), "leads to another host by a path that begins with two slashes"


def _in_numbers(rest: str) -> bool:
    """`0xd8.0x3a.0xd6.0xce`: an address that people cannot read."""
    match = _NUMBERS.match(rest)
    return match is not None and target_of(match[0]).disguised


def _two_hosts(rest: str) -> bool:
    if _TWO_HOSTS.match(rest):
        return True
    match = _USER_PART.match(rest)
    return match is not None and "." in match[1] and bool(_ANY_HOST.match(match[2]))


def _of_path(text: str) -> Clue | None:
    """`//evil.example/..`: servers that add or drop a slash answer with that as the location."""
    match = _SLASHES.match(text)
    if match is None or len(match[1]) < 2 or not _LEADING_HOST.match(match[2]):
        return None
    rest = match[2]
    odd = match[1].strip("/") or "/.." in rest or "\\" in rest or "@" in rest
    if not odd:
        return None
    return Clue(70, "has the server redirect to a host in place of a path", text[:200])


CHECK = Check(
    id="open-redirect",
    title="A redirect target is in disguise",
    level=Level.MEDIUM,
    scope=Scope.REQUEST,
    what="""\
Reads parameters whose names say that the browser is sent there next (`redirect_uri`, `returnTo`,
`next`, `url`), as browsers read them. Fails for targets that pass for local and are not: `//host`,
`/\\host`, `https:host`, backslashes, line ends and tabs between the slashes, one host shown and
another meant (`https://good@evil`), and for `javascript:` and `data:`. An ordinary `https://`
address passes.""",
    why="""\
A link that begins with your host and ends elsewhere is what phishing is made of, and in a login
flow it carries the code or the token away with it.""",
    example="""\
GET /login?next=/%5Cevil.example/login HTTP/1.1
Host: api.example.com

HTTP/1.1 302 Found
Location: /\\evil.example/login
""",
    remedy="""\
Compare whole targets with a list, or keep only a path you have taken apart yourself:

```python
target = urlsplit(unquote(value).replace("\\\\", "/"))
if target.scheme or target.netloc or not target.path.startswith("/") or target.path[1:2] == "/":
    value = "/"
```

For OAuth, compare `redirect_uri` with the registered ones character by character (RFC 9700).""",
    owasp="API8:2023",
    cwe=601,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html",
        "https://www.rfc-editor.org/rfc/rfc9700#section-4.1",
    ),
    reads=SENT,
    judge=Found("open-redirect"),
)

RECOGNISER = Recogniser(
    check=CHECK.id,
    patterns=(
        r"^[\x00-\x20]*[/\\][\x00-\x20]*[/\\]",
        r"^[\x00-\x20]*(?:https?|ftp):(?:[^/]|/[^/]|//[/\\\x00-\x20.]|//0|//\d+/?$)",
        r"^[\x00-\x20]*(?:https?:)?[/\\]{2}[^/?\n]*(?:[@\\%\x00-\x08\r]|\?@|#\.)",
        r"^[\x00-\x20/]*(?:j\s*a\s*v\s*a|v\s*b)\s*s\s*c\s*r\s*i\s*p\s*t\s*:|^\s*data\s*:",
        r"^;?[@.][a-z0-9-]+\.[a-z]|^/(?:<>)?https?:[/\\]|^/?<>//",
        r"^/?(?:〱|〵|ゝ|ー|ｰ)[a-z0-9]",
    ),
    recognise=recognise,
)
