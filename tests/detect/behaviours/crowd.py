"""Honest days of a directory that strangers may ask, with real clients, and the attacks on it.

People with the app at home, on the road and in offices; browsers; careful ones that leave fields
out; a few behind VPNs and Tor; contact synchronisation; crawlers; push messages, releases of the
app and of a browser, and a launch day. Everything follows from the seed, over the clients and
networks that the application itself would see.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from tests.browsers import CHROME, FIREFOX, GOOGLEBOT_UA, SAFARI, Pairs, with_headers

from nightlatch.detect.alarms import Alarms
from nightlatch.detect.behaviour import Behaviour, Reporter, Sighting
from nightlatch.detect.suspicions import Suspicions
from nightlatch.exchange.disclosure import DataClass, Disclosure, Subject
from nightlatch.exchange.exchange import Caller, Ending, Endpoint, Exchange, Request, Response
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.headers import Headers, headers_of
from nightlatch.exchange.judgement import Detection
from nightlatch.identity.circles import Circles
from nightlatch.identity.clients import Clients
from nightlatch.identity.crawlers import Crawler
from nightlatch.identity.feeds import FeedKind
from nightlatch.identity.networks import Book, Listed, Networks
from nightlatch.identity.prefixes import Ranges

DAY = 86_400.0
HOUR = 3_600.0
MONDAY = 1_799_971_200.0 + 3 * DAY
LAUNCH = 20
LOOK_UP = Endpoint("GET", "/v1/users/{phone}/status")
SYNC = Endpoint("GET", "/v1/contacts/{phone}")
_BY_HOUR = (1, 1, 1, 1, 1, 2, 4, 7, 9, 9, 8, 8, 9, 8, 7, 7, 8, 9, 11, 12, 11, 8, 5, 2)
_ANSWER = Response(200, Headers())

CLOUD, TOR, BAD = "45.0.0.0/8", "46.0.0.0/16", "47.0.0.0/16"
GOOGLE = "203.0.113.9"
NETWORKS = Networks(
    Book(
        [
            Listed("cloud", FeedKind.HOSTING, Ranges.of([CLOUD])),
            Listed("exits", FeedKind.TOR, Ranges.of([TOR])),
            Listed("drop", FeedKind.BAD, Ranges.of([BAD, "0.0.0.0/8", "10.0.0.0/8"])),
        ]
    )
)
APP: Pairs = [
    ("host", "api.example"),
    ("user-agent", "Passkeeper/25.1.0 (Android 14; Pixel 8)"),
    ("accept", "application/json"),
    ("accept-encoding", "gzip"),
    ("accept-language", "en"),
]
CAREFUL = with_headers(CHROME, accept_language="", sec_ch_ua="", sec_fetch_mode="")
"""A browser behind a tool that takes fields away."""


class GoogleOnly:
    """What DNS says."""

    def ask(self, crawler: Crawler, address: str, now: float) -> bool | None:
        return address == GOOGLE


@dataclass
class Call:
    at: float
    address: str
    pairs: Pairs
    number: int
    hit: bool
    endpoint: Endpoint = LOOK_UP
    stranger: bool = True
    session: str = ""
    """What the client says its session is, where it says so."""


class Town:
    """Makes sightings of calls, as the pipeline does, and shows them to one behaviour."""

    def __init__(self, make: type[Behaviour] | None = None) -> None:
        self.alarms, self.suspicions = Alarms(), Suspicions()
        reporter = Reporter(self.alarms, self.suspicions)
        self.behaviour = make(reporter) if make is not None else None  # type: ignore[call-arg]
        self.detections: list[Detection] = []
        self._clients = Clients(NETWORKS, verifier=GoogleOnly())
        self._circles = Circles(Hasher(bytes(32)))
        self._headers: dict[int, tuple[Pairs, Headers]] = {}

    def sighting(self, call: Call) -> Sighting:
        request = Request(
            method="GET",
            scheme="https",
            host="api.example",
            path="/",
            query="",
            headers=self._headers_of(call.pairs),
            peer=call.address,
        )
        caller = self._circles.caller(call.address, request, ())
        if call.session:
            circles = (f"session:{call.session}", *caller.circles)
            caller = Caller(caller.address, circles)
        subject = Subject(call.number.to_bytes(8, "big"), DataClass.PHONE)
        exchange = Exchange(
            id="",
            at=call.at,
            duration=0.01,
            request=request,
            response=_ANSWER,
            ending=Ending.ANSWERED,
            caller=caller,
            endpoint=call.endpoint,
        )
        return Sighting(
            exchange=exchange,
            stranger=call.stranger,
            disclosure=Disclosure((subject,), (subject,) if call.hit else (), call.hit),
            client=self._clients.look(request, caller, call.at),
            network=NETWORKS.look(call.address),
        )

    def see(self, call: Call) -> tuple[Detection, ...]:
        assert self.behaviour is not None
        self.behaviour.note(self.sighting(call))
        found = self.alarms.take()
        self.detections += found
        return found

    def suspects(self, call: Call) -> bool:
        """Whether such a call would be challenged."""
        exchange = self.sighting(call).exchange
        found = self.suspicions.about(exchange.caller, exchange.endpoint.key, call.at)
        assert found is None or not found.convicts
        return found is not None

    def _headers_of(self, pairs: Pairs) -> Headers:
        known = self._headers.get(id(pairs))
        if known is None or known[0] is not pairs:
            known = self._headers[id(pairs)] = (pairs, headers_of(pairs))
        return known[1]


def home(rng: Random) -> str:
    return (
        f"{rng.randrange(60, 100)}.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}"
    )


class Peace:
    """`days()` gives every honest call of each day, in the order of time."""

    def __init__(self, seed: int = 1, each_day: int = 1_500) -> None:
        self.rng = Random(seed)
        self._each_day = each_day
        self._number = 0

    def days(self, first: int, last: int) -> Iterator[Call]:
        for day in range(first, last):
            yield from sorted(self._day(day), key=lambda call: call.at)

    def _day(self, day: int) -> list[Call]:
        rng, midnight = self.rng, MONDAY + day * DAY
        calls: list[Call] = []
        apps, browsers = self._apps(day), self._browsers(day)
        size = int(self._each_day * (0.6 if day % 7 >= 5 else 1.0) * rng.uniform(0.85, 1.15))
        for _ in range(size):
            hour = rng.choices(range(24), _BY_HOUR)[0]
            calls += self._visit(midnight + (hour + rng.random()) * HOUR, apps, browsers)
        if day == LAUNCH:
            for _ in range(6 * self._each_day):
                calls += self._visit(midnight + rng.uniform(10, 16) * HOUR, apps, browsers)
        if day % 7 == 3:
            for _ in range(self._each_day // 2):
                at = midnight + 18 * HOUR + rng.expovariate(1 / 120)
                calls += self._visit(at, apps, apps)
        for number in range(300):
            calls.append(self._call(midnight + 288 * number, GOOGLE, _GOOGLEBOT))
        for _ in range(10):
            calls += self._synchronise(midnight + rng.uniform(8, 22) * HOUR, apps)
        return calls

    def _apps(self, day: int) -> list[Pairs]:
        """Every release is a new user agent; the one of day 12 sends one field more."""
        release = 1 + day // 5
        new = with_headers(APP, user_agent=f"Passkeeper/25.{release}.0 (Android 15; Pixel 9)")
        if day >= 12:
            new = with_headers(new, x_attest="1")
        return _kept([APP, new, with_headers(new, user_agent=f"Passkeeper/25.{release} iOS/18")])

    def _browsers(self, day: int) -> list[Pairs]:
        """Day 15 brings a new Chrome, which sends another field."""
        newest = CHROME
        if day >= 15:
            newest = [(n, v.replace("142", "143")) for n, v in CHROME] + [("priority", "u=1, i")]
        return _kept([CHROME, newest, FIREFOX, SAFARI, CAREFUL])

    def _visit(self, at: float, apps: list[Pairs], browsers: list[Pairs]) -> list[Call]:
        rng = self.rng
        pairs = rng.choice(apps) if rng.random() < 0.8 else rng.choice(browsers)
        place = rng.random()
        if place < 0.70:
            address = home(rng)
        elif place < 0.90:
            address = f"100.64.0.{rng.randrange(8)}" if rng.random() < 0.5 else "101.0.0.7"
        elif place < 0.985:
            address = f"102.0.0.{rng.randrange(5)}"
        elif place < 0.998:
            address = f"45.{rng.randrange(256)}.{rng.randrange(256)}.1"
        else:
            address = f"46.0.0.{rng.randrange(200)}"
        count = 1 + int(rng.expovariate(1.2))
        return [self._call(at + 7.0 * turn, address, pairs) for turn in range(count)]

    def _synchronise(self, at: float, apps: list[Pairs]) -> list[Call]:
        rng = self.rng
        # One in five is behind a VPN or a careful browser.
        address = f"45.1.1.{rng.randrange(250)}" if rng.random() < 0.1 else home(rng)
        pairs = CAREFUL if rng.random() < 0.1 else rng.choice(apps)
        return [self._call(at + 0.2 * turn, address, pairs, SYNC, hits=0.2) for turn in range(150)]

    def _call(
        self,
        at: float,
        address: str,
        pairs: Pairs,
        endpoint: Endpoint = LOOK_UP,
        hits: float = 0.92,
    ) -> Call:
        self._number += 1
        return Call(at, address, pairs, self._number, self.rng.random() < hits, endpoint)


_GOOGLEBOT: Pairs = [("host", "api.example"), ("user-agent", GOOGLEBOT_UA), ("accept", "*/*")]
_sets: dict[str, Pairs] = {}


def _kept(sets: list[Pairs]) -> list[Pairs]:
    """The same lists each day, so that their headers are made once."""
    return [_sets.setdefault(repr(pairs), pairs) for pairs in sets]
