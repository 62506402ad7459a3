"""The framework's own routes, learned as they are used, so that the next path can be told inline.

Frameworks route after the middleware has seen the request; this tree remembers what they said and
answers before they are asked again. Words win over parameters, as in every router.
"""

import re
from collections.abc import Sequence

from msgspec import Struct, field

from nightlatch.inventory.segments import Kind, segment_kind

MAX_ROUTES = 5_000
"""Methods times templates; routes beyond it are still reported, but not told beforehand."""
_MAX_STEPS = 200
"""Places tried for one path, so that no path can make the search back-track for long."""

_BRACES = re.compile(r"\{([^{}:]+)(?::([^{}]*))?\}")
_ANGLES = re.compile(r"<(?:([^<>:]+):)?([^<>:]+)>")
_COLON = re.compile(r"(?<=/):([A-Za-z_]\w*)")
_PARAMETER = re.compile(r"\{([^{}]+)\}")


class Route(Struct, frozen=True):
    """A framework's route in our spelling."""

    template: str
    """`/files/{name}`: parameters in braces, without converters."""
    deep: bool = False
    """Its last parameter takes any number of segments (Starlette's `path` converter)."""


def read_route(text: str) -> Route:
    """A route as Starlette, FastAPI, Flask, Django or Express spell it: `{id:int}`, `<int:id>` and
    `:id` all become `{id}`."""
    deep = ":path}" in text or "<path:" in text
    text = text if text.startswith("/") else "/" + text
    template = _COLON.sub(r"{\1}", _ANGLES.sub(r"{\2}", _BRACES.sub(r"{\1}", text)))
    return Route(template, deep)


class Parameter(Struct):
    name: str
    prefix: str
    suffix: str
    deep: bool
    place: "Place"
    kinds: set[Kind] = field(default_factory=set)
    """What it has held: tells `/items/{number:int}` from `/items/{slug}`."""


class Place(Struct):
    words: dict[str, "Place"] = field(default_factory=dict)
    parameters: list[Parameter] = field(default_factory=list)
    templates: dict[str, str] = field(default_factory=dict)
    """By method."""


class Routes(Struct):
    """A tree of the routes in use."""

    root: Place = field(default_factory=Place)
    count: int = 0

    def teach(self, method: str, path: str, route: Route) -> bool:
        """Remember that the framework sent `path` to `route`; True when the route is new."""
        if self.count >= MAX_ROUTES:
            return False
        place = self.root
        values = path.split("/")
        names = route.template.split("/")
        for index, name in enumerate(names):
            value = values[index] if index < len(values) else ""
            deep = route.deep and index == len(names) - 1
            place = _enter(place, name, value, deep=deep)
        new = method not in place.templates
        place.templates[method] = route.template
        self.count += new
        return new

    def find(self, method: str, path: str) -> str | None:
        """The template of the route that takes this path, as far as is known."""
        if not self.count:
            return None
        segments = path.split("/")
        return _straight(method, segments, self.root) or _Search(method, segments).below(
            self.root, 0
        )


def _enter(place: Place, name: str, value: str, *, deep: bool) -> Place:
    # A source may tell of a route that no framework would have.
    if "{" not in name or name.rfind("}") < name.index("{"):
        return place.words.setdefault(name, Place())
    for parameter in place.parameters:
        if parameter.name == name and parameter.deep == deep:
            break
    else:
        prefix, suffix = name[: name.index("{")], name[name.rindex("}") + 1 :]
        parameter = Parameter(name, prefix, suffix, deep, Place())
        place.parameters.append(parameter)
    kind = segment_kind(value)
    for other in place.parameters:
        # The framework's latest word on values of this kind counts: routes get renamed.
        other.kinds.discard(kind)
    parameter.kinds.add(kind)
    return parameter.place


def _straight(method: str, segments: Sequence[str], place: Place) -> str | None:
    """The template, where no place on the way leaves a choice; most paths of most applications
    have none, and this takes a third of the search's time."""
    for segment in segments:
        parameters = place.parameters
        word = place.words.get(segment)
        if word is not None:
            if parameters:
                return None
            place = word
        elif len(parameters) == 1 and not parameters[0].deep and _fits(parameters[0], segment):
            place = parameters[0].place
        else:
            return None
    return place.templates.get(method)


class _Search:
    """Depth-first, words before parameters, parameters of the fitting kind before others."""

    __slots__ = ("method", "segments", "steps")

    def __init__(self, method: str, segments: Sequence[str]) -> None:
        self.method = method
        self.segments = segments
        self.steps = 0

    def below(self, place: Place, index: int) -> str | None:
        self.steps += 1
        if self.steps > _MAX_STEPS:
            return None
        if index == len(self.segments):
            return place.templates.get(self.method)
        segment = self.segments[index]
        word = place.words.get(segment)
        if word is not None and (found := self.below(word, index + 1)) is not None:
            return found
        return self._through_parameters(place.parameters, segment, index)

    def _through_parameters(
        self, parameters: list[Parameter], segment: str, index: int
    ) -> str | None:
        if len(parameters) > 1:
            kind = segment_kind(segment)
            parameters = sorted(parameters, key=lambda each: (each.deep, kind not in each.kinds))
        for parameter in parameters:
            if parameter.deep:
                found = parameter.place.templates.get(self.method)
            elif _fits(parameter, segment):
                found = self.below(parameter.place, index + 1)
            else:
                continue
            if found is not None:
                return found
        return None


def _fits(parameter: Parameter, segment: str) -> bool:
    if not (parameter.prefix or parameter.suffix):
        return bool(segment)
    return (
        len(segment) > len(parameter.prefix) + len(parameter.suffix)
        and segment.startswith(parameter.prefix)
        and segment.endswith(parameter.suffix)
    )


def parameter_names(template: str) -> list[str]:
    """Names of the parameters of a template in our spelling, in order."""
    return _PARAMETER.findall(template)
