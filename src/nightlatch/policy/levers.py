"""The measures in force, as one question: what do they say of this request?

Compiled once per revision of the directives. Most measures name a circle, and cost nothing until
one of the caller's circles is looked up and found; only predicates are asked one after the other.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from ipaddress import ip_address, ip_network

from msgspec import Struct
from msgspec.structs import replace

from nightlatch.exchange.credential import Credential
from nightlatch.exchange.exchange import Caller, Endpoint, Request
from nightlatch.exchange.measure import STRANGERS, Measure, MeasureKind
from nightlatch.exchange.predicate import Predicate, PredicateError, parse_predicate
from nightlatch.identity.passes import CIRCLE as PASS
from nightlatch.policy.asking import FIELDS, Asking, Sources

log = logging.getLogger("nightlatch")

_ADDRESSES = 16_384
"""Addresses whose networks are remembered; full, it starts over."""
_NETWORK = "network:"


class Ruling(Struct, frozen=True, gc=False):
    """What the measures in force say of one request, before any evidence is weighed."""

    exempt: bool = False
    block: Measure | None = None
    challenge: Measure | None = None
    limits: tuple[Measure, ...] = ()
    """Those whose count is to be kept and compared, of people and of requests."""
    delay: float = 0.0
    uniform: bool = False
    without: tuple[str, ...] = ()
    rule: str = ""
    """The measure that exempts, or the first that alters the answer."""


NOTHING_RULED = Ruling()


class _Lever(Struct, frozen=True, gc=False):
    """A measure, ready to be asked."""

    measure: Measure
    endpoint: str
    predicate: Predicate | None
    created: float
    expires: float
    alone: Ruling

    def concerns(self, asking: Asking) -> bool:
        return (
            self.created <= asking.at < self.expires
            and (not self.endpoint or self.endpoint == asking.endpoint.key)
            and (self.predicate is None or self.predicate(asking))
        )


_NO_LEVERS: tuple[_Lever, ...] = ()
Found = tuple[_Lever, ...]


class Levers:
    """`apply` replaces the whole index at once: a request under way sees the old one or the new."""

    def __init__(self, sources: Sources | None = None) -> None:
        self.sources = sources or Sources()
        """What predicates ask about networks and clients."""
        self._index: _Index | None = None

    def apply(self, measures: Sequence[Measure]) -> None:
        """These hold from now on, instead of those before."""
        oldest_first = sorted(measures, key=lambda one: (one.created, one.id))
        levers = [_compiled(one) for one in oldest_first if not one.undone]
        sound = [lever for lever in levers if lever is not None]
        self._index = _Index(sound) if sound else None

    def rule(
        self,
        request: Request,
        endpoint: Endpoint,
        caller: Caller,
        now: float,
        *,
        stranger: bool = True,
        credentials: tuple[Credential, ...] = (),
    ) -> Ruling:
        """`stranger`: the caller has no proven credential."""
        index = self._index
        if index is None:
            return NOTHING_RULED
        found = index.near(endpoint.key, caller, stranger=stranger)
        if not found:
            return NOTHING_RULED
        kind = credentials[0].kind if credentials else None
        return _ruling(found, Asking(request, endpoint, caller, stranger, kind, now, self.sources))

    def judge(self, asking: Asking) -> Ruling:
        """The same of a request that is known already, as previews know it."""
        index = self._index
        if index is None:
            return NOTHING_RULED
        found = index.near(asking.endpoint.key, asking.caller, stranger=asking.stranger)
        return _ruling(found, asking) if found else NOTHING_RULED


class _Index:
    """Levers by what they can be found by: circle, network, endpoint, or nothing."""

    def __init__(self, levers: Iterable[_Lever]) -> None:
        circles: dict[str, list[_Lever]] = defaultdict(list)
        endpoints: dict[str, list[_Lever]] = defaultdict(list)
        everywhere: list[_Lever] = []
        self._networks: dict[tuple[int, int], dict[int, list[_Lever]]] = {}
        """By IP version and prefix length, then by the network's first bits."""
        for lever in levers:
            circle = lever.measure.circle
            if circle.startswith(_NETWORK):
                self._add_network(circle.removeprefix(_NETWORK), lever)
            elif circle:
                circles[circle].append(lever)
            elif lever.endpoint:
                endpoints[lever.endpoint].append(lever)
            else:
                everywhere.append(lever)
        self._circles = {circle: tuple(found) for circle, found in circles.items()}
        self._endpoints = {key: tuple(found) for key, found in endpoints.items()}
        self._everywhere = tuple(everywhere)
        self._strangers = self._circles.get(STRANGERS, _NO_LEVERS)
        self._by_address: dict[str, Found] = {}

    def near(self, endpoint: str, caller: Caller, *, stranger: bool) -> Found:
        """Those that may concern the caller; what they say of it in particular is to be asked."""
        found = self._everywhere
        here = self._endpoints.get(endpoint)
        if here is not None:
            found += here
        circles = self._circles
        if circles:
            for circle in caller.circles:
                named = circles.get(circle)
                if named is not None:
                    found += named
            if stranger and self._strangers:
                found += self._strangers
        if self._networks:
            around = self._by_address.get(caller.address)
            found += self._around(caller.address) if around is None else around
        return found

    def _add_network(self, text: str, lever: _Lever) -> None:
        network = ip_network(text, strict=False)
        host_bits = network.max_prefixlen - network.prefixlen
        sized = self._networks.setdefault((network.version, host_bits), {})
        sized.setdefault(int(network.network_address) >> host_bits, []).append(lever)

    def _around(self, address: str) -> Found:
        found: list[_Lever] = []
        try:
            one = ip_address(address)
        except ValueError:
            return _NO_LEVERS
        for (version, host_bits), networks in self._networks.items():
            if version == one.version:
                found += networks.get(int(one) >> host_bits, ())
        if len(self._by_address) >= _ADDRESSES:
            self._by_address.clear()
        self._by_address[address] = around = tuple(found)
        return around


def _compiled(measure: Measure) -> _Lever | None:
    """None for one that cannot be read: a newer console's, whose order this version does not know.
    What a person orders is checked when it is ordered."""
    try:
        predicate = parse_predicate(measure.predicate, FIELDS) if measure.predicate else None
        if measure.circle.startswith(_NETWORK):
            ip_network(measure.circle.removeprefix(_NETWORK), strict=False)
    except (PredicateError, ValueError) as error:
        log.error("The measure %s cannot be carried out: %s", measure.id, error)
        return None
    return _Lever(
        measure, measure.endpoint, predicate, measure.created, measure.expires, _alone(measure)
    )


def _alone(measure: Measure) -> Ruling:
    """What the measure says of whom it concerns, where no other does."""
    match measure.kind:
        case MeasureKind.EXEMPT:
            return Ruling(exempt=True, rule=measure.rule)
        case MeasureKind.BLOCK:
            return Ruling(block=measure)
        case MeasureKind.CHALLENGE:
            return Ruling(challenge=measure)
        case MeasureKind.SLOW:
            return Ruling(delay=measure.seconds, rule=measure.rule)
        case MeasureKind.WITHHOLD_FIELDS:
            return Ruling(without=measure.fields, rule=measure.rule)
        case MeasureKind.UNIFORM:
            return Ruling(uniform=True, rule=measure.rule)
        case MeasureKind.LIMIT_REQUESTS | MeasureKind.LIMIT_PEOPLE:
            return Ruling(limits=(measure,))


def _ruling(found: Found, asking: Asking) -> Ruling:
    """What those of `found` say that concern the request."""
    said = [lever.alone for lever in found if lever.concerns(asking)]
    if not said:
        return NOTHING_RULED
    ruling = said[0] if len(said) == 1 else _together(said)
    if ruling.challenge is not None and asking.caller.circles[0].startswith(PASS):
        # Who has solved a puzzle already is not asked again for the same reason.
        return replace(ruling, challenge=None)
    return ruling


def _together(said: Sequence[Ruling]) -> Ruling:
    """An exemption ends all talk; of several orders alike, one is named."""
    exempt = next((ruling for ruling in said if ruling.exempt), None)
    if exempt is not None:
        return exempt
    return Ruling(
        block=next((ruling.block for ruling in said if ruling.block), None),
        challenge=next((ruling.challenge for ruling in said if ruling.challenge), None),
        limits=tuple(limit for ruling in said for limit in ruling.limits),
        delay=max(ruling.delay for ruling in said),
        uniform=any(ruling.uniform for ruling in said),
        without=tuple(dict.fromkeys(name for ruling in said for name in ruling.without)),
        rule=next((ruling.rule for ruling in said if ruling.rule), ""),
    )
