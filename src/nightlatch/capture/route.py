"""The framework's route template of a request: exact, or None.

Starlette and FastAPI write what they matched into the ASGI scope. A template from it is trusted
only if, filled with the matched parameters, it gives the path of the request: `/items/{id}` of a
router that was included under a prefix, or of an application that was mounted, fails this alone and
is completed first. What cannot be completed without a guess is None; the caller then has its own
learned templates.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from nightlatch.capture.ports import Scope
from nightlatch.capture.served import PRINCIPAL, ROUTE, Served, principal_of

_MAX_DEPTH = 16
_MAX_ROUTES = 10_000
_MAX_KNOWN = 4_096

_TYPED = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*):[^{}]+}")
_PARAMETER = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*)}")

_mounted: dict[int, tuple[Any, Any, tuple[str, ...]]] = {}
"""Templates of endpoints below mounts with parameters, by id of the endpoint; the endpoint and its
router are kept with them, so that no id is used twice. Emptied when full."""


def served_by_asgi(scope: Scope, path: str, root_path: str) -> Served:
    """What a framework wrote into the scope: Starlette, FastAPI, Litestar, or the application
    itself."""
    principal = scope.get(PRINCIPAL) or (principal_of(scope["user"]) if "user" in scope else "")
    if "path_template" in scope:
        return Served(_litestar_template(scope, path), principal, scope.get("route_handler"))
    route = scope.get(ROUTE) or route_template(scope, path, root_path)
    return Served(route, principal, scope.get("endpoint"))


def _litestar_template(scope: Scope, path: str) -> str | None:
    """Litestar's `/users/{user_id:int}`; what it was not given is none of its routes."""
    template = _TYPED.sub(r"{\1}", scope["path_template"])
    if path.startswith(root := scope.get("root_path") or ""):
        template = root.rstrip("/") + template
    return template if fills(template, scope.get("path_params") or {}, path) else None


def route_template(scope: Scope, path: str, root_path: str) -> str | None:
    """The template that the framework matched for `path`; None when there is none, or when unsure.

    `scope` is the request's scope after routing, `root_path` its value from before.
    """
    endpoint = scope.get("endpoint")
    if endpoint is None:
        return None
    parameters = scope.get("path_params") or {}
    own = _own_template(scope, endpoint)
    if own is not None:
        routed = _without_root(path, scope.get("root_path") or "")
        if _names(own) >= parameters.keys():
            # No parameter belongs to a mount: what stands before the routed part is literal.
            matches = fills(own, parameters, routed)
            return path[: len(path) - len(routed)] + own if matches else None
    base = scope.get("app_root_path", root_path) or ""
    routed = _without_root(path, base)
    found = {t for t in _walked(scope, endpoint) if fills(t, parameters, routed)}
    return path[: len(path) - len(routed)] + found.pop() if len(found) == 1 else None


def fills(template: str, parameters: Mapping[str, Any], path: str) -> bool:
    """Does the template give `path` when filled with `parameters` (strings, or converted)?"""
    try:
        # Starlette's path formats are Python's, without conversions or attributes.
        if template.format_map(parameters) == path:
            return True
    except (LookupError, ValueError, TypeError, AttributeError):
        return False
    # "007" was converted to 7, or a UUID to lower case: compare the other way round.
    names, pattern = _parsed(template)
    match = pattern.fullmatch(path)
    return match is not None and all(
        _converts(text, parameters[name]) for name, text in zip(names, match.groups(), strict=True)
    )


def _converts(text: str, value: Any) -> bool:
    try:
        return bool(type(value)(text) == value)
    except (TypeError, ValueError, ArithmeticError):
        return False


@lru_cache(maxsize=4096)
def _parsed(template: str) -> tuple[tuple[str, ...], re.Pattern[str]]:
    """Its parameter names, and a pattern that takes a segment or part of one for each."""
    parts = _PARAMETER.split(template)
    return tuple(parts[1::2]), re.compile("([^/]+)".join(map(re.escape, parts[::2])))


@lru_cache(maxsize=4096)
def _names(template: str) -> frozenset[str]:
    return frozenset(_parsed(template)[0])


def _own_template(scope: Scope, endpoint: Any) -> str | None:
    """What the matched route says of itself; it may lack what stands before it."""
    route = scope.get("route")
    # FastAPI ≥ 0.116 keeps included routers apart and the completed template beside the route.
    beside = scope.get("fastapi")
    context = beside.get("effective_route_context") if isinstance(beside, dict) else None
    candidates: tuple[Any, ...] = (route,)
    if context is not None:
        candidates = (getattr(context, "starlette_route", None), context, route)
    for candidate in candidates:
        # An endpoint that is not the scope's is left over from an outer application's routing.
        if getattr(candidate, "endpoint", None) is endpoint:
            template = getattr(candidate, "path_format", None)
            if template:
                return str(template)
    return None


def _walked(scope: Scope, endpoint: Any) -> tuple[str, ...]:
    """Every template under which the endpoint can be reached from the outermost router."""
    router = scope.get("router")
    known = _mounted.get(id(endpoint))
    if known is not None and known[0] is endpoint and known[1] is router:
        return known[2]
    if len(_mounted) >= _MAX_KNOWN:
        _mounted.clear()
    routes = _walk(getattr(router, "routes", None) or (), "", _MAX_DEPTH, [_MAX_ROUTES])
    templates = tuple({template for leaf, template in routes if leaf is endpoint})
    _mounted[id(endpoint)] = (endpoint, router, templates)
    return templates


def _walk(routes: Any, prefix: str, depth: int, budget: list[int]) -> Iterator[tuple[Any, str]]:
    """(endpoint, template) of every route below, mounts and hosts included."""
    for route in routes:
        budget[0] -= 1
        if budget[0] < 0:
            return
        template = getattr(route, "path_format", None)
        nested = getattr(route, "routes", None)
        if nested is None:
            endpoint = getattr(route, "endpoint", None)
            if endpoint is not None and template is not None:
                yield endpoint, prefix + template
        elif depth:
            # A mount's template ends with what it leaves to the routes below; a host has none.
            below = prefix + (template or "").removesuffix("/{path}")
            yield from _walk(nested, below, depth - 1, budget)


def _without_root(path: str, root_path: str) -> str:
    """The part of `path` that was routed, as Starlette sees it."""
    if root_path and path.startswith(root_path):
        rest = path[len(root_path) :]
        if not rest or rest[0] == "/":
            return rest
    return path
