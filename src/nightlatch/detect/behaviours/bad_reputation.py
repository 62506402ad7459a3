"""Networks with a bad name ask for people's records where such networks hardly ever do."""

from collections import OrderedDict

from nightlatch.detect.behaviour import DetectorHelp, Reporter, Sighting
from nightlatch.detect.behaviours.arrivals import ALPHA, SURGE, Arrivals, tail
from nightlatch.detect.behaviours.first_time import FirstTime
from nightlatch.detect.suspicions import Suspicion
from nightlatch.detect.table import RecentTable
from nightlatch.detect.visit import address_of
from nightlatch.exchange.client import Network
from nightlatch.exchange.judgement import Detection, DetectionKind, Level

COMMON = 0.2
"""Share of such networks among an endpoint's callers from which they are its ordinary callers."""
RARE = 0.02
"""Share below which a single address on a list is told, after `PEOPLE`."""
PEOPLE = 200
"""Different people within an hour: more than an address book has."""
LEAST = 4.0
"""First-time callers from such networks in an hour that are expected anywhere."""
LEARNED = 200
"""First-time callers of an endpoint before anything is judged there."""
LEARNED_FOR = 86_400.0
CHALLENGED = 3_600.0
DOORS = 1_024
"""Endpoints; the one that was quiet longest goes first."""
ALONE = 1_024
"""Addresses whose people are counted; the one that was quiet longest goes first. 15 KB at most."""
_MANY = 200
"""People asked for from such networks that are counted at one endpoint."""
_HOUR = 3_600.0

HELP = DetectorHelp(
    kind=DetectionKind.BAD_REPUTATION,
    title="Networks with a bad name ask for people",
    what=f"""\
Counts, at each endpoint, the strangers that ask for people's records for the first time, and how
many of them come from Tor exits, hosting providers, proxies, VPNs and listed addresses, as your
feeds say. Told when an hour brings more of those than {SURGE:.0f} times their usual number and
{SURGE:.0f} times their usual share of this hour's callers would explain, or when one address that
is listed, a Tor exit, a proxy or a VPN asks for {PEOPLE} different people in an hour where such
networks are less than {RARE:.0%} of the callers. They are challenged for an hour. Private networks
are never meant, whatever a list says.""",
    evidence="How many came, from which kinds of networks and lists, and how many usually do.",
    errors=f"""\
Independent arrivals at {SURGE:.0f} times the usual rate are told at most once in {1 / ALPHA:,.0f}
hours. Off where such networks are {COMMON:.0%} of the callers or more, as between machines, and
without feeds. Blind for attacks from homes, and where no list knows the attacker's network.""",
    refuted_by="A company that put its people behind a cloud gateway; a partner's new servers.",
    remedy="""\
Look at what they asked for. Give partners a credential, and ask for one where only people at home
should come.""",
    owasp="API6:2023",
    references=("https://owasp.org/www-project-automated-threats-to-web-applications/",),
)


class _Door:
    __slots__ = ("all", "bad", "began", "people", "told")

    def __init__(self, now: float) -> None:
        self.all = Arrivals()
        self.bad = Arrivals()
        self.began = now
        self.told = False
        """In this hour."""
        self.people: set[bytes] = set()
        """Asked for from such networks in this hour, the first of them."""

    def turn(self, now: float) -> None:
        learn = not self.told
        self.all.turn(now, learn=learn)
        if self.bad.turn(now, learn=learn):
            self.told = False
            self.people.clear()

    def ready(self, now: float) -> bool:
        return self.all.total >= LEARNED and now - self.began >= LEARNED_FOR

    @property
    def share(self) -> float:
        return self.bad.total / max(1.0, self.all.total)

    @property
    def expected(self) -> float:
        """At most, this hour: of its usual number, and of its usual share of who comes."""
        return SURGE * max(self.bad.usual(), self.share * self.all.count) + LEAST


class BadReputations:
    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._first = FirstTime()
        self._doors: RecentTable[str, _Door] = RecentTable(DOORS, _Door)
        self._alone: OrderedDict[tuple[str, str], tuple[int, set[bytes]]] = OrderedDict()

    def note(self, sighting: Sighting) -> None:
        disclosure = sighting.disclosure
        if not sighting.stranger or not (disclosure.asked or disclosure.disclosed):
            return
        exchange = sighting.exchange
        now, key = exchange.at, exchange.endpoint.key
        door = self._door(key, now)
        bad = has_bad_name(sighting.network)
        if self._first.is_first((key, exchange.caller.address)):
            door.all.count += 1
            door.bad.count += bad
        if bad:
            self._judge(sighting, door)

    def _judge(self, sighting: Sighting, door: _Door) -> None:
        exchange, disclosure = sighting.exchange, sighting.disclosure
        people = [one.digest for one in disclosure.asked or disclosure.disclosed]
        if len(door.people) < _MANY:
            door.people.update(people)
        if not door.ready(exchange.at) or door.share >= COMMON:
            return
        if tail(door.bad.count, door.expected) <= ALPHA:
            door.told = True
        if door.told:
            self._suspect(sighting)
            self._tell(sighting, "strangers", len(door.people), _crowd_words(door))
        if door.share < RARE and _is_worse_than_hosting(sighting.network):
            self._judge_alone(sighting, people)

    def _judge_alone(self, sighting: Sighting, people: list[bytes]) -> None:
        exchange = sighting.exchange
        place = (exchange.endpoint.key, exchange.caller.address)
        hour = int(exchange.at // _HOUR)
        known = self._alone.pop(place, None)
        if known is None or known[0] != hour:
            known = (hour, set())
        if len(self._alone) >= ALONE:
            self._alone.popitem(last=False)
        self._alone[place] = known
        if len(known[1]) < PEOPLE:
            known[1].update(people)
        if len(known[1]) < PEOPLE:
            return
        self._suspect(sighting)
        words = f"{exchange.caller.address} asked for {PEOPLE} different people within this hour"
        self._tell(sighting, address_of(exchange.caller), PEOPLE, words)

    def _tell(self, sighting: Sighting, circle: str, people: int, words: str) -> None:
        exchange = sighting.exchange
        key, now = exchange.endpoint.key, exchange.at
        if not self._reporter.alarms.due(DetectionKind.BAD_REPUTATION, key, circle, now):
            return
        self._reporter.alarms.raise_(
            Detection(
                kind=DetectionKind.BAD_REPUTATION,
                endpoint=key,
                circle=circle,
                level=Level.MEDIUM,
                at=now,
                evidence=f"{words}; the last one is {_named(sighting.network)}.",
                false_alarm_rate=ALPHA if circle == "strangers" else 0.0,
                subjects=people,
                attempts=people,
                confidence=0.7,
                refuted_by=HELP.refuted_by,
            )
        )

    def _suspect(self, sighting: Sighting) -> None:
        exchange = sighting.exchange
        reason = f"people's records asked for from {_named(sighting.network)}"
        suspicion = Suspicion(reason, exchange.at + CHALLENGED, convicts=False)
        circle = address_of(exchange.caller)
        self._reporter.suspicions.enter(circle, suspicion, exchange.endpoint.key)

    def _door(self, key: str, now: float) -> _Door:
        door = self._doors.touch(key, now)
        door.turn(now)
        return door


def has_bad_name(network: Network) -> bool:
    return bool(network.lists or network.kinds) and "private" not in network.kinds


def _is_worse_than_hosting(network: Network) -> bool:
    """Hosting alone is also where companies' gateways are, with hundreds of people behind each."""
    return bool(network.lists) or network.kinds != ("hosting",)


def _crowd_words(door: _Door) -> str:
    return (
        f"{door.bad.count} callers that were never here came within this hour from hosting"
        f" providers, proxies, Tor exits or listed networks, of {door.all.count} in all, where such"
        f" networks are {door.share:.1%} of the callers"
    )


def _named(network: Network) -> str:
    kinds = [f"a {kind} network" if kind != "tor" else "a Tor exit" for kind in network.kinds]
    lists = [f"on the list “{name}”" for name in network.lists[:3]]
    whose = [f"AS{network.asn} {network.organisation}".strip()] if network.asn else []
    return ", ".join([*kinds, *lists, *whose])
