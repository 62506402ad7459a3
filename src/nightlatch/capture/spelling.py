"""Route templates of other frameworks in our spelling: `/users/{id}`, `/files/{rest:path}`.

Telemetry repeats what the framework calls its route. What does not fit the path that was asked for
is no template of it (a router that knows only its own part, a name, a view): then there is none.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

LONGEST = 512
"""Characters of a template."""
_LONGEST_PATH = 2048

_METHOD = re.compile(r"[A-Z]{3,10} +(?=/)")
_NEXT = re.compile(r"\[{1,2}(?P<deep>\.{3})?(?P<name>\w[\w-]*)\]{1,2}")
_RAILS_FORMAT = re.compile(r"\(\.:format\)")
_OPTIONAL = re.compile(r"\((/[^()]*)\)")
_COLON = re.compile(r"(?<=/):(?P<name>[A-Za-z_]\w*)(?P<pattern>\([^()/]*\))?[?+*]?")
_STAR = re.compile(r"(?<=/)\*{1,2}(?P<name>\w*)")
_ANGLES = re.compile(r"<(?:(?P<converter>[^<>:]+):)?(?P<name>[^<>:]+)>")
_BRACES = re.compile(
    r"\{(?P<stars>\*{0,2})(?P<name>\w[\w-]*)(?P<rest>[^{}]*(?:\{[^{}]*\}[^{}]*)*)\}"
)
_GROUP_NAME = re.compile(r"\?P?<(?P<name>\w+)>")
_ESCAPED = re.compile(r"\\([^\w\s])")
_OURS = re.compile(r"\{(\w[\w.-]*)(:path)?\}")
_UNREADABLE = re.compile(r"[\\()|\[\]^$?+*<>\s]")
"""What is left of a pattern that was not understood."""
_SLOW = re.compile(r":path\}.*:path\}|\}\{|(?:\{[^/]*){3}")
"""What would let a match try too many ways: no framework needs two rests in a route, or three
parameters in a segment."""
_DEEP = ("...", "*", "path", "catchall")


def route_template(text: object, path: str) -> str | None:
    """The template under which `path` was found, in our spelling; None where `text` is none."""
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST:
        return None
    if len(path) > _LONGEST_PATH:
        return None
    template = _respelled(text)
    if template is None:
        return None
    if _pattern(template).fullmatch(path):
        return template
    deep = _deepened(template)
    return deep if deep and _pattern(deep).fullmatch(path) else None


@lru_cache(maxsize=4096)
def _respelled(text: str) -> str | None:
    text = _METHOD.sub("", text.strip(), count=1)
    if text.startswith(("^", "~")) or "(?" in text:
        text = _without_groups(text.removeprefix("~"))
    text = _OPTIONAL.sub(r"\1", _RAILS_FORMAT.sub("", text))
    text = _COLON.sub(r"{\g<name>}", text)
    text = _STAR.sub(lambda match: "{%s:path}" % (match["name"] or "rest"), text)
    text = _ANGLES.sub(lambda m: _parameter(m["name"], m["converter"] or ""), text)
    text = _BRACES.sub(lambda m: _parameter(m["name"], m["stars"] or m["rest"]), text)
    text = _NEXT.sub(lambda match: _parameter(match["name"], match["deep"] or ""), text)
    if not text.startswith("/"):
        text = "/" + text
    return None if _UNREADABLE.search(text) or _SLOW.search(text) else text


def _parameter(name: str, rest: str) -> str:
    deep = rest.strip(":?").lower() in _DEEP or rest == "**"
    return f"{{{name.strip()}:path}}" if deep else f"{{{name.strip()}}}"


def _without_groups(pattern: str) -> str:
    """A regular expression (Django's `re_path`, Kong's `~/`) with its groups as parameters."""
    text = pattern.removeprefix("^").removesuffix("$").removesuffix(r"\Z").removesuffix("/?")
    out, number = "", 0
    for piece, is_group in _top_level(text):
        if not is_group:
            out += _ESCAPED.sub(r"\1", piece)
            continue
        named = _GROUP_NAME.match(piece)
        number += 1
        # What takes a "/" takes several segments.
        deep = ":path" if piece.endswith((".*", ".+")) else ""
        out += f"{{{named['name'] if named else number}{deep}}}"
    return out


def _top_level(text: str) -> Iterator[tuple[str, bool]]:
    """The pieces outside and inside of the outermost parentheses."""
    depth, begin, index = 0, 0, 0
    while index < len(text):
        char = text[index]
        if char == "\\":
            index += 2
            continue
        if char == "(":
            if depth == 0:
                yield text[begin:index], False
                begin = index + 1
            depth += 1
        elif char == ")" and depth:
            depth -= 1
            if depth == 0:
                yield text[begin:index], True
                begin = index + 1
        index += 1
    yield text[begin:], False


def _deepened(template: str) -> str | None:
    """Some senders lose the converter that says that the last parameter takes a whole path."""
    return f"{template[:-1]}:path}}" if template.endswith("}") and ":path" not in template else None


@lru_cache(maxsize=4096)
def _pattern(template: str) -> re.Pattern[str]:
    pieces = _OURS.split(template)
    out = re.escape(pieces[0].rstrip("/") if len(pieces) == 1 else pieces[0])
    for number in range(1, len(pieces), 3):
        literal = pieces[number + 2]
        last = number + 3 >= len(pieces)
        out += ".*" if pieces[number + 1] else "[^/]+"
        out += re.escape(literal.rstrip("/") if last else literal)
    return re.compile(out + "/?", re.DOTALL)
