"""One caller, or many together, ask for paths that do not exist to find those that do."""

import math
from collections import OrderedDict

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from nightlatch.checks.attacks.probed_files import FILES
from nightlatch.detect.behaviour import DetectorHelp, Reporter, Sighting
from nightlatch.detect.behaviours.asking import EVERYONE, asker
from nightlatch.detect.behaviours.neighbours import Neighbours
from nightlatch.detect.behaviours.new_paths import Together, TogetherMemory
from nightlatch.detect.behaviours.paths import shown as shown_path
from nightlatch.detect.behaviours.seasons import ALARM, ALPHA
from nightlatch.detect.suspicions import Suspicion
from nightlatch.detect.table import SegmentedTable
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.judgement import Detection, DetectionKind, Level
from nightlatch.inventory.templates import UNMATCHED

CONVICTION = 1e-6
"""Probability that an honest caller is convicted, per run of the test from its honest bound."""
GUILTY = math.log(1 / CONVICTION)
FEWEST = 8
"""Distinct unknown paths without which nobody is convicted."""
PROBES = 3
"""Names of well-known secret files among them that leave no doubt."""
GUESSER = 0.8
"""Share of a guesser's requests that end at an unknown path."""
HONEST_LEAST, HONEST_MOST = 0.05, 0.3
"""Bounds of the honest share, which is learned in between."""
BUCKET = 10.0
LEAK = 0.1
"""Paths a second that leave the bucket: one in ten seconds (as CrowdSec's http-probing)."""
INTERLEAVED = 0.25
"""From this share of unknown paths on, an overflowing bucket is believed without the test."""
OUTLAWED = 3_600.0
"""Seconds of quiet after which a convicted caller is heard again."""
RENEWED = 60.0
"""Seconds after which asking on is taken note of again."""
BROKEN_LINK = 3
"""Callers with little else against them who make a missing path a broken link."""
CALLERS = 20_000
"""At most twice as many are held; who was quiet longest and is not convicted goes first."""
PATHS = 16_384

_NOT_FOUND = frozenset({400, 403, 404, 405, 410})
_HONEST_MISSES = 3
"""Unknown paths of one caller that count for the learned share."""
_ASSETS = (
    *(".png", ".jpg", ".jpeg", ".gif", ".svg", ".ico", ".webp", ".avif"),
    *(".css", ".js", ".mjs", ".map", ".woff", ".woff2", ".ttf", ".mp4"),
)
_ASKED_BY_PROGRAMS = frozenset(
    {
        *("/robots.txt", "/sitemap.xml", "/ads.txt", "/app-ads.txt", "/humans.txt"),
        *("/manifest.json", "/site.webmanifest", "/browserconfig.xml", "/crossdomain.xml"),
        *("/apple-app-site-association", "/security.txt", "/llms.txt"),
    }
)

HELP = DetectorHelp(
    kind=DetectionKind.FORCED_BROWSING,
    title="Somebody tries paths until one answers",
    what=f"""\
Counts the distinct paths that belong to no known endpoint and were turned away (400, 403, 404, 405
or 410). A caller is convicted when a sequential probability-ratio test against the API's own share
of such requests decides, and at least {FEWEST} distinct paths were tried. A
leaky bucket ({BUCKET:.0f} paths, one leaves every {1 / LEAK:.0f} seconds) also sees those who hide
them among good requests: they are challenged. New unknown paths of all callers together
are compared minute by minute with the same hour of earlier weeks. Whoever is convicted is refused
everywhere for an hour after the last try, so that the path that does answer later does not answer
him; an address that several people share is challenged instead.""",
    evidence="How many paths, a few of them, how many requests ended elsewhere, and the odds.",
    errors=f"""\
At most one honest caller in {1 / CONVICTION:,.0f} is convicted per run of the test, as long as
honest requests end at unknown paths independently of each other and no more often than learned
(between {HONEST_LEAST:.0%} and {HONEST_MOST:.0%}). Missing pictures and styles, what browsers and
crawlers ask of every site, and paths that {BROKEN_LINK} other callers asked for do not count. Over
all callers: a false alarm once in {ALARM:,.0f} minutes on average. Blind for a guesser who asks one
path in ten minutes from ever new addresses, and for guesses that a parameter of a known route
takes.""",
    refuted_by="""\
A new release that asks for endpoints which do not exist yet, or a site that was moved and is
crawled by its old addresses.""",
    remedy="""\
Look which of the paths answered. Serve nothing that is not meant for the public, and answer unknown
paths alike.""",
    owasp="API8:2023",
    references=(
        "https://owasp.org/www-community/attacks/Forced_browsing",
        "https://www.icir.org/vern/papers/portscan-oak04.pdf",
    ),
)


class _Prober:
    """A caller that asked for at least one unknown path. About 1.5 KB at most."""

    __slots__ = (
        "barred",
        "barred_at",
        "bucket",
        "last",
        "others",
        "paths",
        "probes",
        "statistic",
        "tried",
    )

    def __init__(self, now: float) -> None:
        self.statistic = 0.0
        self.tried = 0
        """Distinct unknown paths; the latest of many are not remembered, and count each time."""
        self.paths: dict[str, None] = {}
        self.probes = 0
        self.others = 0
        """Requests since the first unknown path that ended elsewhere."""
        self.bucket = 0.0
        self.last = now
        self.barred: Suspicion | None = None
        """What was entered against it last, and when."""
        self.barred_at = 0.0

    def forgive(self, now: float) -> None:
        """Begin anew after an hour in which nothing was tried."""
        if self.barred is not None and now >= self.barred.until:
            self.barred = None
            self.statistic = self.bucket = 0.0
            self.tried = self.probes = self.others = 0
            self.paths.clear()

    def drop(self, now: float) -> float:
        """Another path into the bucket; returns what is in it."""
        self.bucket = max(0.0, self.bucket - LEAK * max(0.0, now - self.last)) + 1
        self.last = now
        return self.bucket


_SHOWN = 3
_KEPT = 24
"""Distinct paths of one caller remembered; more change nothing."""


class _Odds(Struct):
    """What a request adds to the test, by the honest share as learned so far."""

    trials: float = 0.0
    misses: float = 0.0
    share: float = HONEST_LEAST
    unknown: float = math.log(GUESSER / HONEST_LEAST)
    known: float = math.log((1 - GUESSER) / (1 - HONEST_LEAST))

    def learn(self, *, miss: bool) -> None:
        self.trials += 1
        self.misses += miss
        if self.trials % 100 == 0:
            self.settle()

    def settle(self) -> None:
        """Use what is known now."""
        if self.trials < 500:
            return
        seen = self.misses / self.trials
        bound = 1.25 * seen + 2 * math.sqrt(seen * (1 - seen) / self.trials)
        self.share = min(HONEST_MOST, max(HONEST_LEAST, bound))
        self.unknown = math.log(GUESSER / self.share)
        self.known = math.log((1 - GUESSER) / (1 - self.share))
        if self.trials >= 20_000:
            self.trials, self.misses = self.trials / 2, self.misses / 2


class _Memory(Struct, frozen=True, array_like=True):
    trials: float
    misses: float
    together: TogetherMemory


_WRITE = msgspec.msgpack.Encoder()
_READ = msgspec.msgpack.Decoder(_Memory)


class ForcedBrowsing:
    def __init__(self, reporter: Reporter, callers: int = CALLERS, paths: int = PATHS) -> None:
        self._reporter = reporter
        self._probers: SegmentedTable[str, _Prober] = SegmentedTable(callers)
        self._neighbours = Neighbours()
        self._odds = _Odds()
        self._paths: OrderedDict[str, list[str]] = OrderedDict()
        """Unknown path → the first callers who asked for it; asked longest ago goes first."""
        self._most_paths = paths
        self._together = Together()

    def dump(self) -> bytes:
        """How often honest requests end nowhere; not who asked for what."""
        odds = self._odds
        return _WRITE.encode(_Memory(odds.trials, odds.misses, self._together.dump()))

    def load(self, data: bytes) -> None:
        """Raises what msgspec does, and ValueError, for what another version wrote."""
        memory = _READ.decode(data)
        self._together.load(memory.together)
        self._odds.trials, self._odds.misses = memory.trials, memory.misses
        self._odds.settle()

    def note(self, sighting: Sighting) -> None:
        exchange = sighting.exchange
        answer = exchange.response
        who = asker(sighting)
        prober = self._probers.get(who)
        if exchange.ending is Ending.REFUSED:
            if prober is not None:
                self._insist(prober, who, exchange.at)
            return
        unknown = (
            answer is not None
            and answer.status in _NOT_FOUND
            and (exchange.endpoint.template == UNMATCHED or sighting.facts.requests == 0)
        )
        if unknown and sighting.client.verified is not True:
            if _is_ordinary(exchange.request.path):
                return
            self._miss(sighting, who, prober)
            return
        if answer is not None and answer.status < 400:
            self._neighbours.note(sighting.exchange.caller, stranger=sighting.stranger)
        if prober is not None:
            prober.others += 1
            prober.statistic = max(0.0, prober.statistic + self._odds.known)
            self._odds.learn(miss=False)

    def _miss(self, sighting: Sighting, who: str, prober: _Prober | None) -> None:
        exchange = sighting.exchange
        path, now = exchange.request.path[:200], exchange.at
        if prober is None:
            prober = _Prober(now)
            self._probers.add(who, prober)
        else:
            self._probers.touch(who)
            prober.forgive(now)
        if path in prober.paths:
            return
        first_ever, broken_link = self._enter(path, who, prober)
        if broken_link:
            return
        prober.tried += 1
        if len(prober.paths) < _KEPT:
            prober.paths[path] = None
        prober.probes += path.rpartition("/")[2].lower() in FILES
        if prober.tried <= _HONEST_MISSES:
            self._odds.learn(miss=True)
            if first_ever:
                self._join(sighting, who)
        prober.statistic += self._odds.unknown
        self._weigh(sighting, who, prober, prober.drop(now))

    def _enter(self, path: str, who: str, prober: _Prober) -> tuple[bool, bool]:
        """Was this path never asked for before, and is it a broken link of others?"""
        askers = self._paths.get(path)
        if askers is None:
            if len(self._paths) >= self._most_paths:
                self._paths.popitem(last=False)
            self._paths[path] = [who]
            return True, False
        if len(askers) >= BROKEN_LINK:
            return False, who not in askers
        if prober.tried < _HONEST_MISSES and who not in askers:
            askers.append(who)
        return False, False

    def _weigh(self, sighting: Sighting, who: str, prober: _Prober, bucket: float) -> None:
        tried = prober.tried
        now = sighting.exchange.at
        guilty = prober.statistic >= GUILTY and tried >= FEWEST
        flooding = bucket > BUCKET and tried >= INTERLEAVED * (tried + prober.others)
        if not guilty and not flooding:
            return
        told = self._words(prober, guilty=guilty)
        self._bar(sighting, who, prober, told, guilty=guilty)
        sure = guilty and (flooding or prober.probes >= PROBES)
        level = Level.HIGH if sure else Level.MEDIUM
        # A graver word than the last one is not held back for having been said.
        if not self._reporter.alarms.due(DetectionKind.FORCED_BROWSING, level.word, who, now):
            return
        self._reporter.alarms.raise_(
            Detection(
                DetectionKind.FORCED_BROWSING,
                sighting.exchange.endpoint.key,
                who,
                level,
                now,
                told,
                CONVICTION if guilty else 0.0,
                0,
                tried,
                confidence=0.97 if sure else 0.85 if guilty else 0.6,
                refuted_by=HELP.refuted_by,
            )
        )

    def _words(self, prober: _Prober, *, guilty: bool) -> str:
        shown = ", ".join(map(shown_path, list(prober.paths)[-_SHOWN:]))
        many = "Up to " if prober.tried > _KEPT else ""
        told = (
            f"{many}{prober.tried:,} different paths that do not exist, such as {shown};"
            f" {prober.others} requests ended elsewhere. Honest callers end there with at most"
            f" {self._odds.share:.0%} of their requests."
        )
        if guilty:
            odds = math.exp(min(prober.statistic, 600.0))
            return f"{told} {min(odds, 1e12):,.0f} times likelier from a guesser."
        return f"{told} More than one in {1 / LEAK:.0f} seconds."

    def _bar(
        self, sighting: Sighting, who: str, prober: _Prober, told: str, *, guilty: bool
    ) -> None:
        shared = who.startswith("address:") and self._neighbours.shared(sighting.exchange.caller)
        now = sighting.exchange.at
        prober.barred = Suspicion(told, now + OUTLAWED, convicts=guilty and not shared)
        prober.barred_at = now
        self._reporter.suspicions.enter(who, prober.barred)
        self._probers.keep(who)

    def _insist(self, prober: _Prober, who: str, now: float) -> None:
        """Turned away, and still asking: that counts as well. Not of those who are challenged, for
        people who share the address are, too, and would keep it barred for ever."""
        barred = prober.barred
        if barred is not None and barred.convicts and now - prober.barred_at >= RENEWED:
            prober.barred = replace(barred, until=now + OUTLAWED)
            prober.barred_at = now
            self._reporter.suspicions.enter(who, prober.barred)

    def _join(self, sighting: Sighting, who: str) -> None:
        """A path that nobody ever asked for, by a caller with little else against it."""
        now = sighting.exchange.at
        if self._together.note(now) < ALARM:
            return
        told = self._together.words
        newcomer = sighting.stranger and not self._neighbours.knows(sighting.exchange.caller)
        if newcomer:
            self._reporter.suspicions.enter(who, Suspicion(told, now + OUTLAWED, convicts=False))
        kind = DetectionKind.FORCED_BROWSING
        if self._reporter.alarms.due(kind, EVERYONE, EVERYONE, now):
            self._reporter.alarms.raise_(
                Detection(
                    kind,
                    sighting.exchange.endpoint.key,
                    EVERYONE,
                    Level.HIGH,
                    now,
                    told,
                    ALPHA,
                    0,
                    self._together.count,
                    confidence=0.9,
                    refuted_by=HELP.refuted_by,
                )
            )


def _is_ordinary(path: str) -> bool:
    """What browsers and crawlers ask of every site, and what broken pages lack."""
    return (
        path.endswith(_ASSETS)
        or path in _ASKED_BY_PROGRAMS
        or path.startswith(("/.well-known/", "/apple-touch-icon", "/favicon"))
    )
