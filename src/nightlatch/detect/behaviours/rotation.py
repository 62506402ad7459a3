"""One client that changes its address or session with each request."""

import re

from nightlatch.detect.behaviour import DetectorHelp, Reporter, Sighting
from nightlatch.detect.behaviours.arrivals import ALPHA, LEAST, SURGE, Arrivals
from nightlatch.detect.behaviours.first_time import FirstTime
from nightlatch.detect.suspicions import Suspicion
from nightlatch.detect.table import RecentTable
from nightlatch.exchange.client import Client, ClientKind
from nightlatch.exchange.judgement import Detection, DetectionKind, Level
from nightlatch.identity.clients import headers_circle

POPULAR = 0.05
"""Share of an endpoint's first-time callers from which a family of clients is the people here."""
LEARNED = 200
"""First-time callers of an endpoint before anything is judged there."""
LEARNED_FOR = 86_400.0
GROWN = 5.0
"""By this much a family's share of the hour's first-time callers must exceed its usual share: when
everybody comes, it comes too."""
MISSING = 0.25
"""By this much more than others a family must miss, where its name says nothing against it."""
FEW = 2.5
"""Requests of each of its callers, at most, on average: who stays is no rotation."""
CHALLENGED = 3_600.0
FAMILIES = 8_192
"""Pairs of endpoint and family; the one that was quiet longest goes first. 800 bytes each."""
DOORS = 1_024
"""Endpoints; the one that was quiet longest goes first."""
_BROWSER_DOUBTED = 0.5
_DIGITS = re.compile(r"[\d.]+")
_UNKNOWN_NAMES = 4_096

HELP = DetectorHelp(
    kind=DetectionKind.ROTATION,
    title="One client from ever-new addresses",
    what=f"""\
Groups clients into families (an app or a library by its name without the version; a browser by its
name, or by what does not fit when it only says so; with its JA4 where that is known) and counts,
for each family, the callers that ask for people's records for the first time, by hour. Told when an
hour brings more than {SURGE:.0f} times the usual hour and {LEAST:.0f} would explain, from a family
that is less than {POPULAR:.0%} of the people here, in a share {GROWN:.0f} times its usual one, with
at most {FEW} requests from each. A family that could be an honest newcomer (an app, a browser
without any fault, a declared bot) must also miss {MISSING:.0%} more often than the others do.
Clients that say they are browsers and are not, libraries and nameless ones are challenged.""",
    evidence="The family, its callers in this hour and usually, their requests, their misses.",
    errors=f"""\
Independent arrivals at up to {SURGE:.0f} times the usual rate are told at most once in
{1 / ALPHA:,.0f} hours of a family. The popular clients are never told, so one who copies them
exactly is not seen here. Slower than some forty new addresses in an hour, it is not seen either.
Nothing is judged before {LEARNED} first-time callers and one day.""",
    refuted_by="A partner's new integration, released today, that runs on ever-new machines.",
    remedy="""\
Challenge the endpoint's newcomers, or ask for a credential. A partner with changing addresses needs
a key of its own.""",
    owasp="API6:2023",
    references=("https://owasp.org/www-project-automated-threats-to-web-applications/",),
)


class _Door:
    """What comes to one endpoint, whoever it is."""

    __slots__ = ("arrivals", "asked", "began", "misses")

    def __init__(self, now: float) -> None:
        self.arrivals = Arrivals()
        self.began = now
        self.asked = 0.0
        self.misses = 0.0

    def ready(self, now: float) -> bool:
        return self.arrivals.total >= LEARNED and now - self.began >= LEARNED_FOR


class _Family:
    __slots__ = ("arrivals", "asked", "misses", "requests", "told")

    def __init__(self) -> None:
        self.arrivals = Arrivals()
        self.told = False
        self._start()

    def turn(self, now: float) -> None:
        if self.arrivals.turn(now, learn=not self.told):
            self._start()

    def _start(self) -> None:
        self.requests = 0
        self.asked = 0
        self.misses = 0
        self.told = False


class Rotations:
    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._first = FirstTime()
        self._doors: RecentTable[str, _Door] = RecentTable(DOORS, _Door)
        self._families: RecentTable[tuple[str, str], _Family] = RecentTable(FAMILIES, _Family)
        self._names: dict[tuple[object, ...], str] = {}

    def note(self, sighting: Sighting) -> None:
        disclosure = sighting.disclosure
        if not sighting.stranger or not (disclosure.asked or disclosure.disclosed):
            return
        exchange = sighting.exchange
        now, key = exchange.at, exchange.endpoint.key
        name = self._name(sighting.client)
        door, family = self._places(key, name, now)
        family.requests += 1
        if disclosure.hit is not None:
            self._count_misses(door, family, miss=not disclosure.hit)
        if self._first.is_first((key, exchange.caller.circles[0])):
            door.arrivals.count += 1
            family.arrivals.count += 1
            if family.arrivals.count > LEAST and door.ready(now):
                self._judge(sighting, name, door, family)
        if family.told and _speaks_against_itself(sighting.client):
            self._suspect(sighting, name)

    def _judge(self, sighting: Sighting, name: str, door: _Door, family: _Family) -> None:
        came = family.arrivals
        usual_share = came.total / max(1.0, door.arrivals.total)
        share = came.count / max(1, door.arrivals.count)
        if usual_share >= POPULAR or share < GROWN * usual_share:
            return
        if family.requests > FEW * came.count or came.surprise() > ALPHA:
            return
        if not _speaks_against_itself(sighting.client) and not _misses_more(door, family):
            return
        family.told = True
        self._tell(sighting, name, door, family)

    def _tell(self, sighting: Sighting, name: str, door: _Door, family: _Family) -> None:
        exchange, came = sighting.exchange, family.arrivals
        key, now = exchange.endpoint.key, exchange.at
        circle = headers_circle(exchange.caller)
        if not self._reporter.alarms.due(DetectionKind.ROTATION, key, f"family:{name}", now):
            return
        missing = _misses_more(door, family)
        misses = f" {family.misses} of {family.asked} did not exist." if family.asked else ""
        evidence = (
            f"{came.count} callers that were never here came within this hour with one kind of"
            f" client ({name}), where {came.usual():.0f} usually do, and asked"
            f" {family.requests / came.count:.1f} times each.{misses}"
        )
        self._reporter.alarms.raise_(
            Detection(
                kind=DetectionKind.ROTATION,
                endpoint=key,
                circle=circle,
                level=Level.HIGH if missing else Level.MEDIUM,
                at=now,
                evidence=evidence,
                false_alarm_rate=ALPHA,
                subjects=max(0, family.asked - family.misses),
                attempts=family.requests,
                confidence=0.9 if missing else 0.6,
                refuted_by=HELP.refuted_by,
            )
        )

    def _suspect(self, sighting: Sighting, name: str) -> None:
        exchange = sighting.exchange
        reason = f"one kind of client ({name}) from ever-new addresses"
        suspicion = Suspicion(reason, exchange.at + CHALLENGED, convicts=False)
        circle = headers_circle(exchange.caller)
        self._reporter.suspicions.enter(circle, suspicion, exchange.endpoint.key)

    def _places(self, key: str, name: str, now: float) -> tuple[_Door, _Family]:
        door = self._doors.touch(key, now)
        family = self._families.touch((key, name))
        door.arrivals.turn(now)
        family.turn(now)
        return door, family

    def _name(self, client: Client) -> str:
        key = (client.kind, client.name, client.signs, client.fingerprint)
        name = self._names.get(key)
        if name is None:
            if len(self._names) >= _UNKNOWN_NAMES:
                self._names.clear()
            name = self._names[key] = family_name(client)
        return name

    def _count_misses(self, door: _Door, family: _Family, *, miss: bool) -> None:
        family.asked += 1
        # An attack must not teach what is usual: what a told family does is its own.
        if not family.told:
            door.asked = door.asked * 0.9995 + 1
            door.misses = door.misses * 0.9995 + miss
        family.misses += miss


def family_name(client: Client) -> str:
    """What all releases of one client have in common, in words."""
    name = _DIGITS.sub("", client.name).strip() or client.kind.value
    if client.kind is ClientKind.BROWSER and client.confidence < _BROWSER_DOUBTED:
        signs = "; ".join(
            sorted(_DIGITS.sub("", sign).replace(name, "browser") for sign in client.signs)
        )
        name = f"says it is a browser: {signs}"
    return f"{name}, {client.fingerprint}" if client.fingerprint else name


def _speaks_against_itself(client: Client) -> bool:
    """A client that people do not use, or that says it is another."""
    if client.kind is ClientKind.BROWSER:
        return client.confidence < _BROWSER_DOUBTED
    return client.kind in (ClientKind.LIBRARY, ClientKind.HEADLESS, ClientKind.UNKNOWN)


def _misses_more(door: _Door, family: _Family) -> bool:
    """By far more often than the others here; never where they miss almost always."""
    if family.asked < LEAST or not door.asked:
        return False
    return family.misses / family.asked >= door.misses / door.asked + MISSING
