"""An order for a measure, as a person gives it: read, checked whole, and made into a measure."""

import re
from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from msgspec import Struct

from nightlatch.exchange.facts import ServiceEndpoint
from nightlatch.exchange.measure import STRANGERS, Measure, MeasureKind
from nightlatch.exchange.predicate import PredicateError, parse_predicate
from nightlatch.policy.asking import FIELDS

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
LONGEST = 365 * DAY
"""Nothing lasts for ever: an order is renewed, or it ends."""
MAX_DELAY = 30.0
"""Seconds: each answer that waits holds a connection of the application's."""
MAX_TEXT = 300
MAX_AMOUNT = 10_000_000
MAX_FIELDS = 50

LASTS = {
    MeasureKind.EXEMPT: 90 * DAY,
    MeasureKind.BLOCK: DAY,
    MeasureKind.CHALLENGE: DAY,
    MeasureKind.SLOW: DAY,
    MeasureKind.LIMIT_REQUESTS: 90 * DAY,
    MeasureKind.LIMIT_PEOPLE: 90 * DAY,
    MeasureKind.WITHHOLD_FIELDS: 30 * DAY,
    MeasureKind.UNIFORM: 30 * DAY,
}
"""Seconds, where nobody says how long: what stops people ends soon, what fences an endpoint in is
looked at again within the quarter."""

EACH = ("address", "network", "credential", "principal", "session", "headers")
"""Kinds of circle that a limit can count by themselves."""
LIMITS = frozenset({MeasureKind.LIMIT_REQUESTS, MeasureKind.LIMIT_PEOPLE})

_CIRCLE = re.compile(r"(principal|credential|session|headers|pass):[^\s,()\"']{1,200}", re.ASCII)
_EVERYONE = frozenset({"", "everyone", "all", "*"})


class Order(Struct, frozen=True):
    """What a person wants: a measure without its name and its moment."""

    kind: MeasureKind
    whom: str = ""
    """An address, a network, a circle ("credential:…"), "strangers", a predicate; empty: all."""
    endpoint: str = ""
    """Endpoint key; empty: every endpoint."""
    amount: int = 0
    seconds: float = 0.0
    each: str = ""
    fields: tuple[str, ...] = ()
    reason: str = ""
    lasts: float = 0.0
    """Seconds; 0: as `LASTS` says."""
    service: str = ""
    """Whose endpoint, or endpoints; empty: every service's."""


class OrderRefused(ValueError):
    """The order cannot stand; the text says every reason, for the one who gave it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def whose(endpoint: str, service: str, known: Iterable[ServiceEndpoint]) -> ServiceEndpoint:
    """Which of the `known` endpoints is meant. Where no service is named it is the only one that
    has it, and where none has it yet, whichever will. OrderRefused where that is not clear."""
    having = sorted({at.service for at in known if at.endpoint == endpoint})
    if not service and len(having) > 1 and "" not in having:
        raise OrderRefused([f"Several services have {endpoint}: say which ({', '.join(having)})."])
    only = having[0] if having else ""
    return ServiceEndpoint(service or only, endpoint)


def read_whom(text: str) -> tuple[str, str]:
    """The circle and the predicate that `text` names: one of them, or neither for everyone.
    PredicateError for what is nothing of the kind."""
    text = text.strip()
    if text.lower() in _EVERYONE:
        return "", ""
    if text.lower() == STRANGERS:
        return STRANGERS, ""
    bare = text.removeprefix("address:").removeprefix("network:")
    circle = _address_circle(bare)
    if circle:
        return circle, ""
    if _CIRCLE.fullmatch(text):
        return text, ""
    parse_predicate(text, FIELDS)
    return "", text


def whom_of(measure: Measure) -> str:
    """As a person would write it; reads back as the same."""
    return measure.circle or measure.predicate


def measure_of(order: Order, measure_id: str, author: str, now: float) -> Measure:
    """The measure that carries the order out. OrderRefused with everything that is wrong."""
    problems = _problems(order)
    circle = predicate = ""
    try:
        circle, predicate = read_whom(order.whom)
    except PredicateError as error:
        problems.insert(0, f"Whom it concerns cannot be read: {error}")
    if problems:
        raise OrderRefused(problems)
    return Measure(
        id=measure_id,
        kind=order.kind,
        author=author,
        reason=order.reason.strip(),
        created=now,
        expires=now + (order.lasts or LASTS[order.kind]),
        endpoint=order.endpoint.strip(),
        circle=circle,
        predicate=predicate,
        amount=order.amount,
        seconds=order.seconds,
        each=order.each,
        fields=tuple(dict.fromkeys(name.strip() for name in order.fields if name.strip())),
        service=order.service,
    )


def _problems(order: Order) -> list[str]:
    """Why it cannot stand, in words; empty when it can."""
    found = []
    everyone = order.whom.strip().lower() in _EVERYONE
    if everyone and not order.endpoint.strip() and order.kind is MeasureKind.EXEMPT:
        found.append("That would exempt everyone everywhere: set the mode to off instead.")
    if everyone and not order.endpoint.strip() and order.kind is MeasureKind.BLOCK:
        found.append("That would block everyone everywhere: name an address, or an endpoint.")
    if not 0 <= order.lasts <= LONGEST:
        found.append("A measure lasts a year at most; renew it, or it ends.")
    if max(len(order.reason), len(order.endpoint), len(order.service)) > MAX_TEXT:
        found.append(f"Reason, endpoint and service may have {MAX_TEXT} characters each.")
    endpoint = order.endpoint.strip()
    if endpoint and not re.fullmatch(r"[A-Z]+ /\S*", endpoint):
        found.append('An endpoint is a method and a path: "GET /users/{id}".')
    if order.each and order.each not in EACH:
        found.append(f"What is counted by itself is one of {', '.join(EACH)}.")
    return found + _problems_of_kind(order)


def _problems_of_kind(order: Order) -> list[str]:
    if order.kind in LIMITS:
        return _problems_of_limit(order)
    if order.kind is MeasureKind.SLOW and not 0 < order.seconds <= MAX_DELAY:
        return [f"How long shall each answer wait? More than 0 and up to {MAX_DELAY:.0f} seconds."]
    if order.kind is MeasureKind.WITHHOLD_FIELDS:
        names = [name for name in order.fields if name.strip()]
        if not names:
            return ["Which fields shall be taken out? Name one at least."]
        if len(names) > MAX_FIELDS or max(map(len, names)) > MAX_TEXT:
            return [f"At most {MAX_FIELDS} fields of up to {MAX_TEXT} characters."]
    return []


def _problems_of_limit(order: Order) -> list[str]:
    found = []
    if not 1 <= order.amount <= MAX_AMOUNT:
        found.append(f"How many? A number from 1 to {MAX_AMOUNT:,}.")
    if not 1 <= order.seconds <= 30 * DAY:
        found.append("Within which time? From one second to 30 days.")
    return found


def _address_circle(text: str) -> str:
    """The circle of an address or of a network of any size; "" where it is neither."""
    try:
        return f"address:{ip_address(text)}"
    except ValueError:
        pass
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return ""
    if network.prefixlen == network.max_prefixlen:
        return f"address:{network.network_address}"
    return f"network:{network}"
