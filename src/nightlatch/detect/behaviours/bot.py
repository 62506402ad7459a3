"""A program that hides what it is, or claims to be another."""

from nightlatch.detect.behaviour import DetectorHelp, Reporter, Sighting
from nightlatch.detect.suspicions import Suspicion
from nightlatch.detect.table import RecentTable
from nightlatch.detect.visit import address_of
from nightlatch.exchange.client import ClientKind
from nightlatch.exchange.judgement import Detection, DetectionKind, Level
from nightlatch.identity.clients import headers_circle

DOUBTED = 0.2
"""Confidence in a browser's word below which it is taken for a program."""
PEOPLE = 20
CROWD = 10
"""Different people asked for within an hour, from so many addresses that have one set of headers,
before it is told."""
ALONE = 200
"""Different people that one caller may ask for: more than an address book has."""
LEARNED_REQUESTS = 500
LEARNED_FOR = 86_400.0
"""What was seen of people's records before this much, in requests and seconds, is only learned."""
SETTLED_DAYS = 3
SETTLED_ADDRESSES = 20
"""A set of headers that came on as many days from as many addresses belongs here, however odd:
a company's gateway or a careful browser leaves fields out too."""
TOLD_EACH_HOUR = 20
"""Impostors that are told one by one; more are only challenged."""
CHALLENGED = 3_600.0
LOOKS = 2_048
"""Sets of headers that are remembered, and callers, each with 15 KB at most; the one that was quiet
longest goes first."""
_HOUR = 3_600.0
_DAY = 86_400.0
_MANY = 32
"""Addresses, and people that one set of headers asks for, that are counted."""

HELP = DetectorHelp(
    kind=DetectionKind.BOT,
    title="A program hides what it is",
    what=f"""\
Three findings. A declared bot (Googlebot, bingbot …) whose address is not its operator's, by DNS
there and back or by the operator's published networks. A request that says it comes from a browser
and does not look like one (missing or contradicting fields, an order that this browser never has, a
TLS handshake known of another program) and asks for people's records: told after {PEOPLE} different
people in an hour from {CROWD} addresses that have the same headers, or {ALONE} from one caller. A
browser that a program drives, after as many. Whoever is found is challenged for an hour, never
refused for this alone. Programs that say what they are, are not meant.""",
    evidence="What it says it is, each sign that it is not, how many people it asked for.",
    errors=f"""\
An impostor is certain as far as DNS is. The signs are weighed, not proved; a set of headers that
came on {SETTLED_DAYS} days from {SETTLED_ADDRESSES} addresses, or within the first day, is never
told. Blind for programs that copy a browser whole, or drive one that does not say so.""",
    refuted_by="A gateway or a privacy tool that changes headers; a browser released this week.",
    remedy="""\
Give partners and monitors a credential, and exempt them. Load the published networks of the bots
that you want (docs/guides/bots.md). Refuse the others at the proxy.""",
    owasp="API6:2023",
    references=(
        "https://owasp.org/www-project-automated-threats-to-web-applications/",
        "https://developers.google.com/search/docs/crawling-indexing/verifying-googlebot",
    ),
)


class _Look:
    """One set of headers, or one caller, of a client that is doubted."""

    __slots__ = ("_most", "addresses", "days", "hour", "last_day", "now_here", "people")

    def __init__(self, most: int) -> None:
        self._most = most
        self.hour = -1
        self.days = 0
        self.last_day = -1
        self.addresses: set[str] = set()
        """Since it is known."""
        self.now_here: set[str] = set()
        self.people: set[bytes] = set()
        """Who asked, and who was asked for, in this hour."""

    def note(self, address: str, people: list[bytes], now: float) -> None:
        hour, day = int(now // _HOUR), int(now // _DAY)
        if hour != self.hour:
            self.hour = hour
            self.people.clear()
            self.now_here.clear()
        if day != self.last_day:
            self.last_day = day
            self.days += 1
        if len(self.addresses) < _MANY:
            self.addresses.add(address)
        if len(self.now_here) < _MANY:
            self.now_here.add(address)
        if len(self.people) < self._most:
            self.people.update(people)

    @property
    def settled(self) -> bool:
        return self.days >= SETTLED_DAYS and len(self.addresses) >= SETTLED_ADDRESSES


class Bots:
    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._looks: RecentTable[str, _Look] = RecentTable(LOOKS, _Look)
        self._callers: RecentTable[str, _Look] = RecentTable(LOOKS, _Look)
        self._began = 0.0
        self._requests = 0
        self._told_in = -1
        self._told = 0

    def note(self, sighting: Sighting) -> None:
        client = sighting.client
        if client.verified is False:
            self._impostor(sighting)
        if not sighting.stranger:
            return
        disclosure = sighting.disclosure
        if not (disclosure.asked or disclosure.disclosed):
            return
        self._requests += 1
        if not self._began:
            self._began = sighting.exchange.at
        headless = client.kind is ClientKind.HEADLESS
        doubted = client.kind is ClientKind.BROWSER and client.confidence < DOUBTED
        if (headless or doubted) and "private" not in sighting.network.kinds:
            self._hidden(sighting)

    def _hidden(self, sighting: Sighting) -> None:
        exchange, disclosure = sighting.exchange, sighting.disclosure
        now, caller = exchange.at, exchange.caller
        people = [one.digest for one in disclosure.asked or disclosure.disclosed]
        headers, address = headers_circle(caller), address_of(caller)
        look = self._looks.touch(headers, _MANY)
        look.note(address, people, now)
        if now < self._began + LEARNED_FOR or self._requests < LEARNED_REQUESTS:
            # It was here before anybody looked: it belongs here.
            look.days = SETTLED_DAYS
            return
        if look.settled:
            return
        alone = self._callers.touch(address, ALONE)
        alone.note(address, people, now)
        if len(look.people) >= PEOPLE and len(look.now_here) >= CROWD:
            self._tell(sighting, headers, look)
        elif len(alone.people) >= ALONE:
            self._tell(sighting, address, alone)

    def _tell(self, sighting: Sighting, circle: str, look: _Look) -> None:
        client, key, now = sighting.client, sighting.exchange.endpoint.key, sighting.exchange.at
        asked, addresses = len(look.people), len(look.now_here)
        self._suspect(circle, key, f"a program that says it is {client.name or 'nothing'}", now)
        if not self._reporter.alarms.due(DetectionKind.BOT, key, circle, now):
            return
        if client.kind is ClientKind.HEADLESS:
            what, confidence = f"A browser that a program drives ({client.name})", client.confidence
        else:
            what = f"It says it is {client.name}; it shows {'; '.join(client.signs)}. It"
            confidence = 1 - client.confidence
        evidence = (
            f"{what} asked for at least {asked} different people within this hour, "
            f"from {addresses} address{'es' if addresses > 1 else ''}."
        )
        self._raise(sighting, circle, Level.MEDIUM, evidence, confidence, (asked, asked))

    def _impostor(self, sighting: Sighting) -> None:
        client, exchange, disclosure = sighting.client, sighting.exchange, sighting.disclosure
        key, circle, now = exchange.endpoint.key, address_of(exchange.caller), exchange.at
        self._suspect(circle, key, f"it says it is {client.name}, and is not", now)
        hour = int(now // _HOUR)
        if hour != self._told_in:
            self._told_in, self._told = hour, 0
        if self._told >= TOLD_EACH_HOUR:
            return
        if not self._reporter.alarms.due(DetectionKind.BOT, key, circle, now):
            return
        self._told += 1
        asked = len(disclosure.asked)
        for_people = bool(asked or disclosure.disclosed)
        evidence = (
            f"It says it is {client.name}, but {exchange.caller.address} is not one of its"
            f" operator's addresses, by DNS there and back or by the operator's own list."
        )
        level = Level.HIGH if for_people else Level.MEDIUM
        counts = (len(disclosure.disclosed), asked)
        self._raise(sighting, circle, level, evidence, 1 - client.confidence, counts)

    def _raise(
        self,
        sighting: Sighting,
        circle: str,
        level: Level,
        evidence: str,
        confidence: float,
        counts: tuple[int, int],
    ) -> None:
        self._reporter.alarms.raise_(
            Detection(
                kind=DetectionKind.BOT,
                endpoint=sighting.exchange.endpoint.key,
                circle=circle,
                level=level,
                at=sighting.exchange.at,
                evidence=evidence,
                false_alarm_rate=0.0,
                subjects=counts[0],
                attempts=counts[1],
                confidence=round(confidence, 2),
                refuted_by=HELP.refuted_by,
            )
        )

    def _suspect(self, circle: str, endpoint: str, reason: str, now: float) -> None:
        suspicion = Suspicion(reason, now + CHALLENGED, convicts=False)
        self._reporter.suspicions.enter(circle, suspicion, endpoint)
