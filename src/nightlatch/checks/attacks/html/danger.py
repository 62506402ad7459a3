"""What a tag would run."""

import html
import re
from urllib.parse import unquote

from nightlatch.checks.attacks.html.tokens import Tag, tags
from nightlatch.checks.attacks.html.words import FOREIGN, HANDLERS
from nightlatch.checks.attacks.javascript.acts import NOTHING, Act, Danger, act, calls, sentence
from nightlatch.checks.attacks.javascript.tokens import atob, tokens, unescape

_DIRECTIVES = ("ng-", "data-ng-", "v-", "x-", "@", ":", "hx-on", "(")
"""Attributes that a framework of the browser's evaluates."""
_SOURCES = frozenset({"src", "href", "xlink:href", "x:href", "src\\"})
_HANDLER = re.compile(r"[\"'`]*+(on[a-z]{3,40}+)(?:[^\w=-][^a-z0-9]*+)?\Z")
_BLANK = re.compile(r"[\s\x00-\x20\xad\u200b-\u200f\ufeff\\]+")
_SCHEME = re.compile(
    r"(?:\A|url=|url\(|;)['\"(]*+(?:&\{)?(?P<scheme>javascript|vbscript|livescript|mocha)"
    r"(?::|#(?=\w+\())",
    re.IGNORECASE,
)
_DATA = re.compile(
    r"(?:\A\s*+|url\s?=\s*+|url\()['\"]?data:(?P<kind>[\w/+.-]*+)(?P<rest>[^,]*+),(?P<content>.*+)",
    re.IGNORECASE | re.DOTALL,
)
_ACTIVE = re.compile(r"html|xml|svg|javascript|ecmascript|text/xsl", re.IGNORECASE)
_CSS_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?")
_CSS_COMMENT = re.compile(r"/\*[^*]*+(?>(?:\*(?!/)[^*]*+)*)\*/")
_NESTED = re.compile(r"<(?=style)", re.IGNORECASE)
_STYLE_RUNS = re.compile(
    r"expression\s*+\(|-(?:moz|o)-(?:binding|link)\s*+:|(?<![\w-])behaviou?r\s*+:\s*+url"
    r"|(?<![\w-])binding\s*+:\s*+url"
    r"|(?:java|vb|live)script\s*+:",
    re.IGNORECASE,
)
_MOST_BASE64 = 2_048
_CLOSED_IN_STRING = re.compile(r"<\\+/script\s*+>", re.IGNORECASE)
"""How a script ends that was meant for a string of another."""
_STYLE_LOADS = re.compile(r"@import\s*+(?:url|['\"])", re.IGNORECASE)
_JSX = re.compile(
    r"\{[^{}]*(?:\}\Z|=\Z|\(\)\Z)|\{(?:async|function|\(\w*\)?|\w+|\w+[.(][\w.()]*)\Z"
)
_ELSEWHERE = re.compile(
    r"\s*+(?:https?:|ftp:)?//|\s*+(?:data|mhtml|view-source):|clsid:|\s*+#default|\w+\.(?:swf|hta|htc|sct)\b",
    re.IGNORECASE,
)
_APPLIED = frozenset({"stylesheet", "import"})
_EMBEDDED = frozenset({"iframe", "embed", "form", "link"})
"""People embed videos and forms, and letters bring their style."""


def danger(tag: Tag, *, known_only: bool = False) -> Act:
    """The worst that `tag` would do. `known_only`: only handlers of events that exist."""
    worst = _element(tag)
    for index, (name, value) in enumerate(tag.attributes):
        found = _attribute(tag, name, value or _displaced(tag, index))
        if known_only and (handler := _HANDLER.match(name)) and handler[1] not in HANDLERS:
            continue
        if found.danger > worst.danger:
            worst = found
    return worst


def _displaced(tag: Tag, index: int) -> str:
    """The value of a handler whose name goes on with signs, as old browsers allowed."""
    name = tag.attributes[index][0]
    if name.startswith("on") and index + 1 < len(tag.attributes):
        following, value = tag.attributes[index + 1]
        if following and not following[0].isalnum() and not any(map(str.isalnum, following)):
            return value
    return ""


def _element(tag: Tag) -> Act:
    if tag.name == "script":
        return _script(tag)
    if tag.name == "style":
        kind = dict(tag.attributes).get("type", "")
        return _script(tag) if "script" in kind else _style(tag.body)
    if tag.name in {"handler", "listener"} and any(n.endswith("event") for n, _ in tag.attributes):
        return Act(Danger.CODE, "adds a handler of events")
    if tag.name in {"set", "animate", "animatetransform", "animatemotion"}:
        return _animation(dict(tag.attributes))
    return NOTHING


def _animation(attributes: dict[str, str]) -> Act:
    """SVG animates handlers and addresses too, if it is told to."""
    name = attributes.get("attributename", "").lower()
    code = attributes.get("to") or attributes.get("values") or attributes.get("from") or ""
    if name.endswith("href") and (_ELSEWHERE.match(code) or url(code).danger):
        return Act(Danger.CODE, "has a link lead elsewhere while the page is open")
    return _handler(name, code) if name in HANDLERS else NOTHING


def _script(tag: Tag) -> Act:
    attributes = dict(tag.attributes)
    source = next((value for name, value in tag.attributes if name in _SOURCES), None)
    kind = attributes.get("type") or attributes.get("language") or ""
    if kind and "script" not in kind and kind not in {"module", "vbs"}:
        return NOTHING
    if source is not None:
        return Act(Danger.CODE, "loads a script")
    # Within SVG, entities are undone in scripts too.
    body = html.unescape(tag.body) if "&" in tag.body else tag.body
    found = act(body)
    if found.danger is Danger.HOSTILE:
        return Act(Danger.HOSTILE, "adds a script that " + found.why)
    if body.strip() and (tag.closed or _CLOSED_IN_STRING.search(body) or _program(body)):
        return Act(Danger.CODE, "adds a script")
    return NOTHING


def _program(body: str) -> bool:
    return calls(body) and (";" in body or "{" in body or not sentence(tokens(body)))


def _attribute(tag: Tag, name: str, value: str) -> Act:
    if not value:
        return NOTHING
    if handler := _HANDLER.match(name):
        return _handler(handler[1], value)
    if name.startswith(_DIRECTIVES):
        return _if_hostile(act(value))
    if name == "style":
        return _style(value)
    if name == "srcdoc":
        return _document(value)
    if (":" in value or "#" in value) and (found := url(value)).danger:
        return found
    # What was read as a value may be read as tags by another parser (mutation XSS).
    if "<" in value and (found := _if_hostile(_document(value))).danger:
        return found
    return _foreign(tag, name, value)


def _if_hostile(found: Act) -> Act:
    return found if found.danger is Danger.HOSTILE else NOTHING


def _handler(name: str, value: str) -> Act:
    if _JSX.match(value):
        return NOTHING
    code = re.sub(r"\A\s*(?:java|live)script\s*:", "", value, flags=re.IGNORECASE)
    found = act(code)
    if found.danger is Danger.HOSTILE:
        return Act(Danger.HOSTILE, f"adds {name}, which {found.why}")
    if found.danger and name in HANDLERS:
        return Act(Danger.CODE, f"adds {name}, which {found.why}")
    return NOTHING


def url(value: str) -> Act:
    """What opening the address `value` would run."""
    bare = _BLANK.sub("", value)
    if match := _SCHEME.search(bare):
        if match["scheme"].lower() == "vbscript":
            return Act(Danger.HOSTILE, "opens an address that runs script")
        found = act(_percent(_behind_scheme(value)))
        return Act(found.danger, f"opens an address that {found.why}") if found.danger else NOTHING
    if match := _DATA.search(value):
        return _data(match)
    return NOTHING


def _behind_scheme(value: str) -> str:
    """The code of a `javascript:` address, with the spaces that it needs."""
    after = value.lower().find("t")
    ends = [end for end in (value.find(":", after), value.find("#", after)) if end >= 0]
    return value[min(ends, default=-1) + 1 :]


def _data(match: re.Match[str]) -> Act:
    coded = "base64" in match["rest"].lower()
    if not coded and not _ACTIVE.search(match["kind"] + match["rest"]):
        return NOTHING
    content = match["content"]
    content = atob(content[:_MOST_BASE64]) if coded else _percent(content)
    found = _document(content) if "script" not in match["kind"] else act(content)
    if found.danger is Danger.HOSTILE or (found.danger and "html" in match["kind"].lower()):
        return Act(Danger.HOSTILE, "opens an address that is itself a page with script")
    if "html" in match["kind"].lower():
        return Act(Danger.CODE, "opens an address that is itself a page")
    return NOTHING


def _percent(text: str) -> str:
    return unquote(text) if "%" in text else text


def _document(content: str) -> Act:
    worst = NOTHING
    for tag in tags(content):
        if tag.name != "iframe" or not any(name == "srcdoc" for name, _ in tag.attributes):
            worst = max(worst, danger(tag), key=lambda found: found.danger)
    return worst


def _style(value: str) -> Act:
    if "\\" in value:
        value = _CSS_ESCAPE.sub(lambda m: chr(min(int(m[1], 16), 0x10FFFF)), value)
        value = unescape(value)
    if "/*" in value:
        value = _CSS_COMMENT.sub("", value)
    # The style in a style is read with it, and not once more for each level of nesting.
    if "<" in value and (found := _document(_NESTED.sub("<in-", value))).danger is Danger.HOSTILE:
        return found
    if _STYLE_RUNS.search(value):
        return Act(Danger.HOSTILE, "adds style that runs script")
    if _STYLE_LOADS.search(value):
        return Act(Danger.FOREIGN, "loads style from elsewhere")
    return NOTHING


def _foreign(tag: Tag, name: str, value: str) -> Act:
    if name not in FOREIGN.get(tag.name, ()):
        return NOTHING
    if tag.name == "meta":
        return _meta(dict(tag.attributes))
    if tag.name == "base" and "script:" in value.lower():
        return Act(Danger.HOSTILE, "makes script of every address of the page")
    if tag.name == "link" and dict(tag.attributes).get("rel", "").lower() not in _APPLIED:
        return NOTHING
    if _ELSEWHERE.match(value):
        foreign = Danger.FOREIGN if tag.name in _EMBEDDED else Danger.CODE
        return Act(foreign, f"adds <{tag.name}> from elsewhere")
    return NOTHING


def _meta(attributes: dict[str, str]) -> Act:
    what, content = attributes.get("http-equiv", "").lower().strip(), attributes["content"]
    if what == "set-cookie" or (what in {"refresh", "link"} and "//" in content):
        return Act(Danger.CODE, "has the browser obey a header of the caller's")
    return NOTHING
