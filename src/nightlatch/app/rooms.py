"""The rooms that an application's exchanges pass, and what works beside them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from msgspec.structs import replace

from nightlatch.app.sharing import share
from nightlatch.app.stores import cache_dir
from nightlatch.app.tokens import TokensKeeper, open_guesses
from nightlatch.capture.gate import Gate
from nightlatch.checks import CHECKS
from nightlatch.checks.attacks.engine import AttackEngine
from nightlatch.detect.behaviours.run import Behaviours
from nightlatch.detect.disclosure import Disclosures
from nightlatch.detect.limits import Limiter
from nightlatch.detect.suspicions import Suspicions
from nightlatch.detect.watch import Watch
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.mark import Mark
from nightlatch.exchange.redaction import Redactor
from nightlatch.exchange.scribe import Scribe
from nightlatch.flight import Rooms
from nightlatch.identity.address import TrustedProxies
from nightlatch.identity.circles import Circles
from nightlatch.identity.clients import Clients
from nightlatch.identity.credentials import CredentialReader
from nightlatch.identity.networks import Networks
from nightlatch.identity.passes import Passes
from nightlatch.identity.proofs import Proofs
from nightlatch.identity.puzzles import Puzzles
from nightlatch.identity.reputation import Reputation
from nightlatch.identity.waiting import WaitingRoom
from nightlatch.inventory.inventory import Inventory
from nightlatch.inventory.marks import Marks
from nightlatch.policy.attacks import Inspector
from nightlatch.policy.budgets import Budgets, Limits
from nightlatch.policy.exceptions import Exceptions
from nightlatch.policy.levers import Levers
from nightlatch.respond.crawler_names import CrawlerNames
from nightlatch.settings import Settings

if TYPE_CHECKING:
    from nightlatch.respond.troubles import Trouble
    from nightlatch.store.sharing import Sharing

_CALLERS = "callers that are known"
"""What the hasher's key of what is learned of them is for."""


class Closable(Protocol):
    def close(self) -> None: ...

    def after_fork(self) -> None:
        """In a child that goes on working: threads do not come along."""


@runtime_checkable
class Troubled(Protocol):
    def troubles(self) -> "tuple[Trouble, ...]":
        """What goes wrong right now. From any thread."""


def troubles_of(workers: Sequence[Closable]) -> "tuple[Trouble, ...]":
    """Of all that work in the background."""
    return tuple(one for each in workers if isinstance(each, Troubled) for one in each.troubles())


def build_gate(settings: Settings, hasher: Hasher, rooms: Rooms) -> Gate:
    """Where those whom the rooms challenge prove themselves."""
    waiting = WaitingRoom(hasher, per_hour=settings.challenge.waits_per_hour)
    return Gate(rooms.passes, Puzzles(hasher), waiting, rooms.proxies)


def background(settings: Settings, rooms: Rooms) -> list[Closable]:
    """What keeps the rooms' knowledge of the world outside, where that is configured."""
    workers: list[Closable] = []
    given = settings.networks
    if given.feeds or given.databases or settings.identity.reputation_lists:
        # Late: an HTTP client takes 20 ms to import.
        from nightlatch.app.networks import NetworksKeeper

        workers.append(NetworksKeeper(settings, rooms.networks))
    if settings.identity.verify_bots:
        names = CrawlerNames()
        rooms.clients.verify_by(names)
        workers.append(names)
    if settings.tokens.issuers:
        keeper = TokensKeeper(settings.tokens.issuers)
        rooms.proofs.verify_by(keeper.verifier)
        workers.append(keeper)
    if settings.tokens.guess:
        guesses = open_guesses(settings)
        rooms.proofs.guess_by(guesses)
        workers.append(guesses)
    return workers


def build_rooms(settings: Settings, hasher: Hasher, sharing: "Sharing | None" = None) -> Rooms:
    """Every room an exchange passes; with `sharing`, budgets are kept together with others."""
    identity = settings.identity
    networks = Networks()
    proxies = TrustedProxies(settings.trusted_proxies)
    clients = Clients(networks, proxies, identity.fingerprint_headers)
    callers = hasher.key(_CALLERS)
    suspicions = Suspicions(key=callers)
    shared = share(sharing, suspicions)
    marks = Marks(_marked(settings))
    return Rooms(
        hasher=hasher,
        proxies=proxies,
        reader=CredentialReader(hasher, identity.api_key_names, identity.session_names),
        proofs=Proofs(hasher),
        circles=Circles(hasher),
        passes=Passes(hasher, settings.challenge.pass_minutes * 60),
        inventory=Inventory(marks),
        disclosures=Disclosures(hasher, marks.subjects),
        watch=Watch(shared.counters, _budgets(settings), suspicions, shared.counts, key=callers),
        behaviours=Behaviours(suspicions, paid_logins=settings.budgets.paid_logins),
        clients=clients,
        networks=networks,
        reputation=Reputation(networks),
        levers=Levers(),
        limiter=Limiter(shared=shared.counts),
        inspector=Inspector(
            AttackEngine.open(cache_dir(settings)), Exceptions(settings.attacks.exceptions)
        ),
        checks=tuple(check for check in CHECKS if check.id not in settings.checks_off),
        scribe=Scribe(settings.service, Redactor(hasher, settings.redact_names)),
    )


def rooms_beside(rooms: Rooms, settings: Settings, service: str) -> Rooms:
    """The rooms of one more service: what is learned of it, counted against it and ordered for it
    is its own, all else it shares."""
    callers = rooms.hasher.key(_CALLERS)
    suspicions = Suspicions(key=callers)
    own = share(None, suspicions)
    return replace(
        rooms,
        inventory=Inventory(),
        disclosures=Disclosures(rooms.hasher),
        watch=Watch(own.counters, _budgets(settings), suspicions, own.counts, key=callers),
        behaviours=Behaviours(suspicions, paid_logins=settings.budgets.paid_logins),
        levers=Levers(),
        limiter=Limiter(),
        scribe=Scribe(service, Redactor(rooms.hasher, settings.redact_names)),
    )


def _marked(settings: Settings) -> list[tuple[str, Mark]]:
    return [
        (
            one.endpoint,
            Mark(
                one.public,
                one.owner,
                one.reason,
                one.sensitive,
                (one.subject,) if isinstance(one.subject, str) else one.subject,
            ),
        )
        for one in settings.marks
    ]


def _budgets(settings: Settings) -> Budgets:
    given = settings.budgets
    newcomers = given.newcomers_hour
    return Budgets(
        caller=Limits(given.caller_burst, given.caller_hour, given.caller_day, given.caller_month),
        network=Limits(
            given.network_burst, given.network_hour, given.network_day, given.network_month
        ),
        strangers=Limits(
            given.strangers_burst, given.strangers_hour, given.strangers_day, given.strangers_month
        ),
        newcomers=Limits(newcomers, newcomers, given.newcomers_day, given.newcomers_month),
        walk_allowance=given.walk_allowance,
        passed=given.pass_people,
        paid_allowance=given.paid_allowance,
        bare_allowance=given.bare_allowance,
    )
