"""Cross-site scripting: a value that a browser would run as script."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from nightlatch.checks.attacks.html.danger import danger, url
from nightlatch.checks.attacks.html.tokens import RAW, Tag, attributes_at, tags
from nightlatch.checks.attacks.javascript.acts import (
    Act,
    Danger,
    act,
    calls,
    obfuscated,
    proof,
    sentence,
)
from nightlatch.checks.attacks.javascript.tokens import tokens
from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.surroundings import Surroundings, surroundings
from nightlatch.checks.attacks.value import Clue, Place, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_BARE = 1000
"""Characters of a value that may be, as a whole, a script or an address."""
_HEAD = 200
"""Characters before the first tag that may be the rest of a script."""
_BODIES = frozenset({Place.FORM, Place.MULTIPART, Place.FILE, Place.JSON, Place.XML, Place.BODY})
"""Where people post texts, and some of them HTML."""

_SCRIPT_WORD = re.compile(
    r"alert|confirm|prompt|eval|constructor|document|location|script|import|throw|settimeout"
    r"|setinterval|function|data:|(?<![a-z])on[a-z]{3,40}+[^a-z0-9<>]{0,30}+=|style|cookie|\[\]|\\u"
    r"|[\w.)]\s*+\[\s*+['\"`/(\d]|fromcharcode|tostring|mocha",
    re.IGNORECASE,
)
_HANDLER_NAME = re.compile(r"(?<![\w-])on[a-z]{3,40}+\s*+=", re.IGNORECASE)
_INSERTED = re.compile(r"(?<=\w)<[a-zA-Z/!]{0,3}>(?=[\w(=])")
_BREAKS = re.compile(r"[\s)\]}]*+(?:[-+*/%^|&,;<>=?:.~!\n)}\]]|in\b|instanceof\b)")
_BROKEN_OUT = re.compile(
    r"[^<]{0,80}+[\"'`][^<>]{0,80}+>|\s*+(?:-->|\]\]>|\*/)|[^<]{0,80}+</", re.DOTALL
)


class _Sighting(NamedTuple):
    act: Act
    start: int
    end: int
    broke_out: bool
    """It begins by leaving the place where it was pasted."""


def recognise(text: str, value: Value) -> Clue | None:
    best: Clue | None = None
    if value.place is Place.PATH:
        text = text.lstrip("/")
    for sighting in _sightings(text):
        around = surroundings(text, sighting.start, sighting.end, value)
        certainty = _certainty(sighting, around, value)
        if certainty and (best is None or certainty > best.certainty):
            shown = text[sighting.start : sighting.end]
            best = Clue(certainty, sighting.act.why, shown)
            if certainty >= 80:
                break
    if best is None and _INSERTED.search(text):
        return recognise(_INSERTED.sub("", text), value)
    return best


def _sightings(text: str) -> Iterator[_Sighting]:
    """What the text would run, in each place of a page where it could be pasted."""
    first = text.find("<")
    if first >= 0 and (sighting := _in_content(text)):
        yield sighting
    if not _SCRIPT_WORD.search(text):
        return
    if "=" in text:
        yield from _in_attribute(text, first)
    if len(text) <= _BARE and text.count("\n") < 3:
        yield from _as_script(text)
    yield from _in_template(text)


def _in_content(text: str) -> _Sighting | None:
    read = tags(text)
    dangers = [(danger(tag), tag) for tag in read]
    seen = [(act, tag) for act, tag in dangers if act.danger]
    if not seen:
        return None
    worst = max((act for act, _ in seen), key=lambda act: act.danger)
    start, end = seen[0][1].start, seen[-1][1].end
    outside = bool(_BROKEN_OUT.match(text)) and not text.lstrip().startswith("<")
    return _Sighting(worst, start, end, outside or _closes(read, start))


def _closes(read: list[Tag], before: int) -> bool:
    """Is an element closed that was not opened, whose text would not be read as HTML?"""
    opened: set[str] = set()
    for tag in read:
        if tag.start >= before:
            return False
        if tag.name[:1] == "/" and tag.name[1:] in RAW - opened:
            return True
        opened.add(tag.name)
    return False


def _in_attribute(text: str, first: int) -> Iterator[_Sighting]:
    head = text if first < 0 else text[:first]
    for quote in "\"'`":
        at = head.find(quote)
        if at >= 0:
            tag = attributes_at(text, at + 1)
            act = danger(tag, known_only=True)
            if act.danger >= Danger.CODE:
                yield _Sighting(act, at + 1, tag.end, True)
                return
    if match := _HANDLER_NAME.search(head):
        tag = attributes_at(head, match.start())
        act = danger(tag, known_only=True)
        if act.danger is Danger.HOSTILE:
            yield _Sighting(act, match.start(), tag.end, False)


def _as_script(text: str) -> Iterator[_Sighting]:
    opened = url(text)
    runs = opened.danger is Danger.HOSTILE or (opened.danger and calls(text))
    if runs and not sentence(tokens(text.partition(":")[2])):
        yield _Sighting(opened, 0, len(text), False)
        return
    if why := obfuscated(text):
        yield _Sighting(Act(Danger.HOSTILE, why), 0, len(text), False)
        return
    first = text.find("<")
    if 0 < first <= _HEAD and _reads_as_script(text[:first]):
        act = Act(Danger.HOSTILE, "is script that calls alert, as an attempt does")
        yield _Sighting(act, 0, len(text), True)
        return
    for quote in ("", "'", '"', "`"):
        start = text.find(quote) + len(quote)
        if quote and (start == 0 or not _BREAKS.match(text, start)):
            continue
        read = tokens(text[start:])
        why = proof(read)
        if why and not sentence(read):
            breaks = bool(quote) or text.lstrip()[:1] in "'\"`;)}*-"
            yield _Sighting(Act(Danger.HOSTILE, "is script that " + why), 0, len(text), breaks)
            return


def _reads_as_script(text: str) -> bool:
    read = tokens(text)
    return bool(proof(read)) and not sentence(read)


def _in_template(text: str) -> Iterator[_Sighting]:
    """Templates that the browser fills in (AngularJS, Vue) and JavaScript's own."""
    for opening, closing in (("{{", "}}"), ("${", "}"), ("[[", "]]")):
        start = text.find(opening)
        end = text.rfind(closing)
        if 0 <= start < end <= start + _BARE:
            found = act(text[start + 2 : end])
            if found.danger is Danger.HOSTILE:
                why = Act(Danger.HOSTILE, "is a template that " + found.why)
                yield _Sighting(why, start, end + len(closing), False)


def _certainty(sighting: _Sighting, around: Surroundings, value: Value) -> int:
    """Percent; 0 where there is nothing to say, so that many such values do not add up."""
    words = around.words
    posted = value.place in _BODIES and not value.is_name
    if around.code:
        return 0
    if sighting.act.danger is Danger.HOSTILE:
        return _of_hostile(sighting, around)
    if sighting.act.danger is Danger.CODE:
        if posted and around.document:
            return 0
        if sighting.broke_out and words <= 30:
            return 82
        if words <= 5:
            return 68 if posted else 80
        return 65 if words <= 12 and not posted else 0
    if sighting.broke_out and words <= 12:
        return 70
    return 65 if words <= 3 and not posted else 0


def _of_hostile(sighting: _Sighting, around: Surroundings) -> int:
    if around.words <= 12 and around.lines < 12:
        return 92
    if sighting.broke_out and around.words <= 60:
        return 80
    if around.words <= 40 and around.lines < 12:
        return 70
    return 62 if around.page and "script that" not in sighting.act.why else 35


_GAP = r"[\s\\]*"
_SCHEMES = (
    f"(?:{_GAP.join('java')}|{_GAP.join('vb')}|{_GAP.join('live')})"
    f"{_GAP}{_GAP.join('script')}{_GAP}:"
)
_PATTERNS = (
    r"<[\s/]*(?:\w+:)?script",
    r"[^a-z0-9_]on[a-z]{3,40}[^a-z0-9<>]{0,30}=",
    r"^on[a-z]{3,40}\s*=",
    _SCHEMES,
    r"data:[^,<>]{0,60}(?:html|xml|svg|script)[^,<>]{0,60},",
    r"(?:alert|confirm|prompt|eval|execscript|setinterval|settimeout|setimmediate|import|function)\b.{0,24}[(`\[]",
    r"[=(,\[]\s{0,4}(?:alert|confirm|prompt|eval)\s{0,4}[,;)}\]]",
    r"document\W{1,8}(?:cookie|domain|write|location)",
    r"constructor\W",
    r"fromcharcode",
    r"(?:window|self|top|this|parent|frames|globalthis|document)\s*(?:\?\.)?\[",
    r"location[\s.\w]{0,20}[=(]\s*(?:name|//|['\"`]?\s*(?:java|data))",
    r"[\[\]()!+]{20}",
    r"[^\x00-\x1f]['\"`]\s*\+\s*['\"`][a-z]",
    r"<(?:iframe|frame|object|embed|applet|base|link|meta|i?layer|bgsound|portal|xml|import|form)[\s/]",
    r"srcdoc\s*=|attributename\s*=\s*.?(?:xlink:)?href",
    r"=\s*['\"]?data:[^<>]{0,80}base64[^<>]{0,12},",
    r"style\s*=[^>]{0,300}\\[0-9a-f]{1,6}",
    r"@im[\w\\]{0,6}port|expression\s*\(|-(?:moz|o)-(?:binding|link)|(?:behaviou?r|binding)\s*:|\\[0-9a-f]{2,6}\s?[a-z]*\s*\(",
    r"\w<[a-z/!]{0,3}>[\w(=]",
    r"\.\.tostring\(\d",
    r"throw\b.{0,40}onerror|onerror\b.{0,40}throw",
)

CHECK = Check(
    id="cross-site-scripting",
    title="A value carries script for a browser",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Reads every decoded value as a browser would, in each place of a page where it could be pasted: as
the content of an element, inside a quoted or bare attribute, inside a string of a script, as the
address of a link, as a template that the browser fills in. Fails when it would run script there: a
script element, an event handler with code, a `javascript:` address, style that runs code, a quote
that is closed so that code follows, or a bare call that only an attempt makes. HTML that runs
nothing passes, and so does code that somebody quotes in a text: between backticks, in a fenced
block, in a diff, in a long article.""",
    why="""\
Where such a value reaches a page unescaped, the script acts as whoever looks at the page: it reads
what they see, sends what they could send, and takes their session along.""",
    example="""\
GET /search?q=%22%3E%3Csvg%20onload=alert(document.domain)%3E HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
""",
    remedy="""\
Escape on the way out, by the place where the value goes; template engines do so unless told not to:

```python
templates = Jinja2Templates(directory="templates", autoescape=True)   # and no |safe on such values
```

Where people may post HTML, clean it with a list of what is allowed, when it is stored:

```python
clean = nh3.clean(post.html, tags={"p", "a", "img", "strong", "em", "ul", "ol", "li"})
```

An API answers `Content-Type: application/json` with `X-Content-Type-Options: nosniff`, and the
pages have a Content-Security-Policy without `unsafe-inline`.""",
    owasp="API8:2023",
    cwe=79,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html",
        "https://html.spec.whatwg.org/multipage/parsing.html#tokenization",
    ),
    reads=SENT,
    judge=Found("cross-site-scripting"),
)

RECOGNISER = Recogniser("cross-site-scripting", _PATTERNS, recognise)
