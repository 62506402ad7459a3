"""From a path to its route template: the framework's where it has one, learned otherwise."""

import re
from collections.abc import Callable
from typing import TypeVar

from nightlatch.exchange.content import Leaf
from nightlatch.exchange.names import word_set
from nightlatch.inventory.routes import Route, Routes, parameter_names, read_route
from nightlatch.inventory.segments import decoded
from nightlatch.inventory.tree import Tree, shape_of

_K = TypeVar("_K")
_V = TypeVar("_V")

UNMATCHED = "/{unmatched}"
"""Where requests end that no door answers: scanners' paths do not become endpoints."""

_CACHE_SIZE = 8_192
_MAX_CACHED_PATH = 512
_NO_DOOR = frozenset({301, 302, 303, 307, 308, 401, 403, 404, 405, 410})
"""Statuses with which a server answers a path that it does not have, before any routing: they
confirm an endpoint that is known, and make none."""
_METHODS = word_set("""
    GET POST PUT PATCH DELETE OPTIONS TRACE CONNECT QUERY WEBSOCKET PROPFIND REPORT
""")


def endpoint_method(method: str) -> str:
    """The method an endpoint is named by: HEAD asks for what GET gives (RFC 9110, 9.3.2), and what
    nobody has registered is OTHER, so that invented methods make no endpoints."""
    if method in _METHODS:
        return method
    return "GET" if method == "HEAD" else "OTHER"


class Templates:
    """Route templates, taught by the framework or learned from paths.

    Bounded: `tree.MAX_NODES` places and `routes.MAX_ROUTES` routes, and caches that start afresh
    when they are full.
    """

    def __init__(self, tree: Tree | None = None, routes: Routes | None = None) -> None:
        self.tree = Tree() if tree is None else tree
        self.routes = Routes() if routes is None else routes
        self._guesses: dict[tuple[str, str], str] = {}
        self._read: dict[tuple[str, str], Route] = {}
        self._extractors: dict[str, _Extractor] = {}

    def guess(self, method: str, path: str) -> str:
        """The template of a request that has not been routed yet. Learns nothing."""
        known = self._guesses.get((method, path))
        if known is not None:
            return known
        template = self._find(endpoint_method(method), path)
        if template is None:
            template = shape_of(_segments(path))
        if len(path) <= _MAX_CACHED_PATH:
            _put(self._guesses, (method, path), template)
        return template

    def settle(self, method: str, path: str, route: str | None, status: int | None = None) -> str:
        """The template of a request that has been answered.

        `route` is the framework's own and wins. Without one the path is learned, unless `status`
        is how a server answers paths it does not have.
        """
        if route:
            return self._taught(endpoint_method(method), path, route)
        segments = _segments(path)
        if status in _NO_DOOR:
            return self._find(endpoint_method(method), path) or UNMATCHED
        before = (self.tree.size, self.tree.folds)
        template = self.tree.learn(segments)
        if before != (self.tree.size, self.tree.folds):
            self._guesses.clear()
        return template

    def parameters(self, template: str, path: str) -> tuple[Leaf, ...]:
        """The values that stand in the path where the template has parameters, decoded."""
        extractor = self._extractors.get(template)
        if extractor is None:
            extractor = _extractor(template)
            _put(self._extractors, template, extractor)
        return extractor(path)

    def _find(self, method: str, path: str) -> str | None:
        return self.routes.find(method, path) or self.tree.find(_segments(path))

    def _taught(self, method: str, path: str, text: str) -> str:
        route = self._read.get((method, text))
        if route is None:
            route = self._meet(method, path, text)
        if self._guesses.get((method, path)) != route.template:
            self._teach(method, path, route)
            _put(self._guesses, (method, path), route.template)
        return route.template

    def _meet(self, method: str, path: str, text: str) -> Route:
        # Also where the path's own shape gives the same template: to find a route takes 3 µs, to
        # work a shape out five times as long, and every new path would need it again.
        route = read_route(text)
        self._teach(method, path, route)
        _put(self._read, (method, text), route)
        return route

    def _teach(self, method: str, path: str, route: Route) -> None:
        known = self.routes.find(method, path) == route.template
        if not known and self.routes.teach(method, path, route):
            self._guesses.clear()


_Extractor = Callable[[str], tuple[Leaf, ...]]


def _segments(path: str) -> list[str]:
    """The path's segments without empty ones and without matrix parameters (RFC 3986, 3.3)."""
    if ";" in path:
        path = re.sub(r";[^/]*", "", path)
    return [segment for segment in path.split("/") if segment]


def _extractor(template: str) -> _Extractor:
    names = parameter_names(template)
    if not names:
        return lambda _path: ()
    places = [place for place in template.split("/") if place]
    if any("{" in place and not _is_whole(place) for place in places):
        return _by_pattern(template, names)
    return _by_place(places)


def _is_whole(place: str) -> bool:
    return place[0] == "{" and place[-1] == "}" and place.count("{") == 1


def _by_place(places: list[str]) -> _Extractor:
    found = [
        (index, f"path.{place[1:-1]}", place[1:-1])
        for index, place in enumerate(places)
        if place[0] == "{"
    ]
    last, deepest = found[-1][0], len(places)

    def extract(path: str) -> tuple[Leaf, ...]:
        segments = _segments(path)
        surplus = len(segments) - deepest
        if surplus < 0:
            return ()
        if surplus:
            # A parameter of many segments is the last one of its route.
            end = last + surplus + 1
            segments[last:end] = ["/".join(segments[last:end])]
        return tuple([Leaf(where, name, decoded(segments[index])) for index, where, name in found])

    return extract


def _by_pattern(template: str, names: list[str]) -> _Extractor:
    """For routes with parameters inside a segment: `/files/{name}.json`, `/{from}-{to}`."""
    parts = re.split(r"\{[^{}]+\}", template)
    head = "([^/]{1,200}?)".join(map(re.escape, parts[:-1]))
    pattern = re.compile(f"{head}(.+){re.escape(parts[-1])}")

    def extract(path: str) -> tuple[Leaf, ...]:
        match = pattern.fullmatch(path[:2048])
        return tuple(map(_leaf, names, match.groups())) if match else ()

    return extract


def _leaf(name: str, value: str) -> Leaf:
    return Leaf(f"path.{name}", name, decoded(value))


def _put(cache: dict[_K, _V], key: _K, value: _V) -> None:
    if len(cache) >= _CACHE_SIZE:
        cache.clear()
    cache[key] = value
