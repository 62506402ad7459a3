"""Route templates of frameworks that have another spelling than `/users/{id}`."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from nightlatch.capture.route import fills

_CONVERTED = re.compile(r"<(?:[^:<>]+:)?([a-zA-Z_]\w*)>")
"""`<id>`, `<int:id>` and `<any(a,b):id>`."""

_NAMED = re.compile(r"\(\?P<(\w+)>")


def plain_template(
    route: str, parameters: Mapping[str, Any], path: str, root: str = ""
) -> str | None:
    """A Django route, of `path()` or `re_path()`, as a template; None where it is not certain that
    it is the one of this `path`. `root` is what stands before what was routed."""
    template = root.rstrip("/") + "/" + _plainly(route)
    return template if fills(template, parameters, path) else None


@lru_cache(maxsize=4096)
def braces(rule: str) -> str:
    """`/users/<int:id>`, as Werkzeug and Django have it."""
    return _CONVERTED.sub(r"{\1}", rule)


@lru_cache(maxsize=4096)
def _plainly(route: str) -> str:
    if "(?P<" in route or route.startswith("^"):
        route = _without_groups(route)
    return braces(route).removeprefix("/")


def _without_groups(pattern: str) -> str:
    """`^users/(?P<id>[0-9]+)/$` is `users/{id}/`. Of other expressions something comes out that
    does not fill to the path."""
    parts = []
    at = 0
    while found := _NAMED.search(pattern, at):
        parts.append(pattern[at : found.start()])
        parts.append(f"{{{found[1]}}}")
        at = _end_of_group(pattern, found.end())
    parts.append(pattern[at:])
    # Included patterns begin anew, so anchors stand in the middle too.
    return "".join(parts).replace("^", "").removesuffix("$").removesuffix("\\Z").replace("\\", "")


def _end_of_group(pattern: str, at: int) -> int:
    """Behind the parenthesis that closes the group which is open at `at`."""
    depth = 1
    bracket = False
    while at < len(pattern) and depth:
        char = pattern[at]
        if char == "\\":
            at += 1
        elif bracket:
            bracket = char != "]"
        elif char == "[":
            bracket = True
        elif char in "()":
            depth += 1 if char == "(" else -1
        at += 1
    return at
