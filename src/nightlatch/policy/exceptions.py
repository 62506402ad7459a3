"""What people decided is no attack here: an SQL console, a template editor, a security team."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from nightlatch.checks.attacks.value import Attack
from nightlatch.exchange.exchange import Caller, Endpoint, Request
from nightlatch.exchange.predicate import Field, Kind, Predicate, PredicateError, parse_predicate


class Sighting(Struct, frozen=True, gc=False):
    """An attack and what was around it: what an exception is asked about."""

    attack: Attack
    request: Request
    endpoint: Endpoint
    caller: Caller


FIELDS = {
    "check": Field(Kind.TEXT, lambda seen: seen.attack.check),
    "certainty": Field(Kind.NUMBER, lambda seen: seen.attack.certainty),
    "place": Field(Kind.TEXT, lambda seen: seen.attack.place),
    "name": Field(Kind.TEXT, lambda seen: seen.attack.name),
    "endpoint": Field(Kind.TEXT, lambda seen: seen.endpoint.key),
    "method": Field(Kind.TEXT, lambda seen: seen.request.method),
    "path": Field(Kind.TEXT, lambda seen: seen.request.path),
    "host": Field(Kind.TEXT, lambda seen: seen.request.host),
    "address": Field(Kind.ADDRESS, lambda seen: seen.caller.address),
}
"""What an exception may speak of."""


class Exceptions:
    """Every exception, read at start."""

    def __init__(self, text: str = "") -> None:
        """One predicate a line; empty lines and lines that begin with "#" are passed over.
        PredicateError for a line that is no predicate."""
        self._predicates: tuple[Predicate, ...] = tuple(_predicates(text))

    def remaining(
        self, attacks: Sequence[Attack], request: Request, endpoint: Endpoint, caller: Caller
    ) -> tuple[Attack, ...]:
        """The attacks that no exception speaks of."""
        if not self._predicates:
            return tuple(attacks)
        return tuple(
            attack
            for attack in attacks
            if not self._admits(Sighting(attack, request, endpoint, caller))
        )

    def _admits(self, seen: Sighting) -> bool:
        return any(predicate(seen) for predicate in self._predicates)


def _predicates(text: str) -> Iterator[Predicate]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                yield parse_predicate(line, FIELDS)
            except PredicateError as error:
                raise PredicateError(f"line {number}, {error}") from None
