"""CR LF injection: a value that ends its header and begins another."""

import re

from nightlatch.checks.attacks import parameter_names
from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.lines import (
    FIELD,
    MAX_LINES,
    added_lines,
    first_line,
    holds_text,
    is_head,
)
from nightlatch.checks.attacks.prose import count_words
from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.value import Clue, Place, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_ONE_LINE_PLACES = frozenset((Place.PATH, Place.HEADER, Place.COOKIE))
_MOST_LINES = 6
"""Lines that an injection adds; a text that somebody wrote or quoted has more."""

_STATUS = LazyPattern(r"[ \t]*+HTTP/\d(?:\.\d)?[ \t]+\d{3}\b", re.IGNORECASE)
_REQUEST = LazyPattern(r"[ \t]*+[A-Z]{3,10}[ \t]+\S+[ \t]+HTTP/\d")
_QUOTED_EXCHANGE = LazyPattern(
    r"\s*+(?:[<>*$#]?\s?HTTP/\d|[<>]?\s?[A-Z]{3,8}\s+\S+\s+HTTP/\d|.{0,80}\bcurl\b)", re.IGNORECASE
)
# Code points whose last eight bits are a line end: code that cuts characters to bytes sends those.
_CUT = LazyPattern(r"[^\x00-\xff]")
_CUT_FIELD = LazyPattern(
    r"set-cookie[ \t]*+:|location[ \t]*+:[ \t]*+(?:https?:)?/|content-(?:type|length)[ \t]*+:"
    r"|x-[\w-]{2,30}[ \t]*+:",
    re.IGNORECASE,
)

_PLAUSIBLE = {
    "set-cookie": LazyPattern(r"[^\s=;,]{1,100}+="),
    "location": LazyPattern(r"(?:https?:)?/|javascript:|data:", re.IGNORECASE),
    "content-type": LazyPattern(r"[a-z]+/[\w.+*-]+", re.IGNORECASE),
    "content-length": LazyPattern(r"\d"),
    "content-disposition": LazyPattern(r"inline|attachment|form-data", re.IGNORECASE),
    "transfer-encoding": LazyPattern(r"chunked|identity|gzip", re.IGNORECASE),
    "refresh": LazyPattern(r"\d+\s*;"),
    "status": LazyPattern(r"[1-5]\d\d\b"),
    "host": LazyPattern(r"[\w.-]+\.\w|localhost|\["),
    "link": LazyPattern(r"<"),
}
"""Headers of answers, and what their values begin with."""
_SAID_BY_SERVERS = LazyPattern(
    r"[ \t]*+(?:set-cookie2?[ \t]*+:[ \t]*+[^\s=;,]{1,100}+=|content-length[ \t]*+:[ \t]*+\d"
    r"|transfer-encoding[ \t]*+:[ \t]*+chunked|access-control-[a-z-]{5,30}[ \t]*+:"
    r"|x-xss-protection[ \t]*+:|HTTP/\d(?:\.\d)?[ \t]+\d{3}\b)",
    re.IGNORECASE,
)
"""What no invitation has a line of, unlike "Location: https://meet.example/1"."""
_SHORT_TEXT = 300
_FEW_LINES = 4
_FEW_WORDS = 5
_ENCODED_AGAIN = frozenset(("percent-encoding", "HTML entities", "base64", "backslash escapes"))
_HARMLESS_ANYWHERE = LazyPattern(
    r"(?:access-control-[a-z-]+|x-xss-protection|x-frame-options|x-content-type-options"
    r"|content-security-policy|strict-transport-security|x-forwarded-(?:for|host)|set-cookie2"
    r"|x-original-url|x-rewrite-url|www-authenticate|cache-control|last-modified|content-encoding)",
    re.IGNORECASE,
)


def recognise(text: str, value: Value) -> Clue | None:
    if value.place is Place.FILE or (value.place is Place.BODY and not value.codings):
        # Files and bodies of other kinds have lines, and multipart/related has header fields.
        return None
    if not text.isascii() and (clue := _of_cut_characters(text, value)):
        return clue
    lines = added_lines(text)
    if not lines:
        return None
    if value.place is Place.PATH:
        return _of_path(lines)
    strength = max((_strength(line) for line in lines), default=0)
    if not strength:
        return None
    certainty = _weigh(strength, text, lines, value)
    shown = next(line for line in lines if _strength(line) == strength)
    return Clue(certainty, "ends the line and begins a header of its own", shown[:120])


def _of_path(lines: list[str]) -> Clue | None:
    for line in lines:
        if FIELD.match(line) or _STATUS.match(line) or _REQUEST.match(line):
            return Clue(92, "ends the line and begins a header of its own", line[:120])
    return None


def _strength(line: str) -> int:
    """How much a line is a header that matters: 3 surely, 2 by its name, 1 by its form."""
    if _STATUS.match(line):
        return 3
    match = FIELD.match(line)
    if match is None:
        return 0
    name = match[1].lower()
    if name in _PLAUSIBLE:
        return 3 if _PLAUSIBLE[name].match(match[2]) else 0
    if _HARMLESS_ANYWHERE.fullmatch(name):
        return 2
    # What is indented belongs to settings or styles.
    return 1 if "-" in name and not match[2].startswith("//") and not line[0].isspace() else 0


def _weigh(strength: int, text: str, lines: list[str], value: Value) -> int:
    filled = sum(1 for line in lines if line.strip())
    written = filled > _MOST_LINES or len(lines) == MAX_LINES
    if written or _QUOTED_EXCHANGE.match(text) or is_head(text, lines):
        return 25 if value.place not in _ONE_LINE_PLACES else 62
    if value.place in _ONE_LINE_PLACES:
        return (0, 70, 85, 92)[strength]
    if holds_text(parameter_names.key(value.name)):
        return 65 if _is_out_of_place(strength, text, lines, value) else 25
    if value.place is Place.QUERY:
        # Settings and notes have fields with hyphens too, among other lines and words.
        written = strength == 1 and (filled > _FEW_LINES or count_words(text) > _FEW_WORDS)
        return 30 if written else (0, 62, 78, 88)[strength]
    # Forms and bodies have fields of several lines: only what no text says is an attempt.
    return (0, 30, 50, 80)[strength]


def _is_out_of_place(strength: int, text: str, lines: list[str], value: Value) -> bool:
    """Would nobody write this into a field for texts? A line end that was encoded once more than
    its place demands, or what only answers say, in a text of a few words."""
    if len(text) > _SHORT_TEXT or sum(1 for line in lines if line.strip()) > _FEW_LINES:
        return False
    if strength == 3 and not _ENCODED_AGAIN.isdisjoint(value.codings):
        return True
    return any(_SAID_BY_SERVERS.match(line) for line in lines) and " " not in first_line(text)


def _of_cut_characters(text: str, value: Value) -> Clue | None:
    match = _CUT_FIELD.search(text)
    if match is None or not match.start():
        return None
    before = text[match.start() - 1]
    if not _CUT.match(before) or ord(before) & 0xFF not in (0x0A, 0x0D):
        return None
    doubled = match.start() > 1 and ord(text[match.start() - 2]) & 0xFF in (0x0A, 0x0D)
    narrow = value.place in _ONE_LINE_PLACES or value.place is Place.QUERY
    certainty = 90 if doubled else 82 if narrow else 62
    return Clue(certainty, "hides a line end in a character that is cut to eight bits", match[0])


CHECK = Check(
    id="crlf-injection",
    title="A value begins a header of its own",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Looks for a line end followed by what an answer's head is made of: a status line or a header with a
value that suits it. In paths, headers and cookies any header counts; in queries one with a hyphen;
in forms and bodies only those that no text of several lines has (`Set-Cookie: a=b`). Characters
whose last eight bits are a line end count as one. Fields for texts (but for a few words with
what only servers say, or a line end that was encoded twice), quoted exchanges and ordinary lines
such as "Name: value" pass.""",
    why="""\
A value that goes into a header and may hold a line end writes the rest of the answer: it sets
cookies for your users, turns protections off, and plants pages in shared caches.""",
    example="""\
GET /go?to=/home%0d%0aSet-Cookie:%20session=stolen HTTP/1.1
Host: api.example.com

HTTP/1.1 302 Found
Location: /home
Set-Cookie: session=stolen
""",
    remedy="""\
Let the framework write headers: Starlette, h11 and current WSGI servers refuse line ends in them.
Where you write them yourself, refuse control characters:

```python
if any(character < " " or character == "\\x7f" for character in value):
    raise ValueError("control character in a header")
```""",
    owasp="API8:2023",
    cwe=113,
    references=(
        "https://owasp.org/www-community/vulnerabilities/CRLF_Injection",
        "https://www.rfc-editor.org/rfc/rfc9110#section-5.5",
    ),
    reads=SENT,
    judge=Found("crlf-injection"),
)

# Texts are searched one behind the other, with line ends between them: what begins like a header
# must not also be what times and addresses begin like.
_NAME = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+"
RECOGNISER = Recogniser(
    check=CHECK.id,
    patterns=(
        r"(?:[\r\n]|\\n)[ \t]*(?:set-cookie2?|location|refresh|status|host|link)[ \t]*:",
        rf"(?:[\r\n]|\\n)[ \t]*(?:http/\d(?:\.\d)?[ \t]+\d|{_NAME}[ \t]*:)",
        r"^/[^\r\n]{0,400}(?:\r\n?|\n)[ \t]*[a-z][\w-]{0,40}[ \t]*:(?:[ \t]|[^/\s])",
        r"^/[^\r\n]{0,400}(?:\r\n?|\n)[ \t]*(?:http/\d|[a-z]{3,10}[ \t]+\S+[ \t]+http/\d)",
        r"[^\x00-\x7f](?:set-cookie|location|content-type|content-length|x-[a-z0-9-]+)[ \t]*:",
    ),
    recognise=recognise,
)
