"""Rate, errors, latency or size of an endpoint leave what its hours explain, up or down."""

import msgspec
from msgspec import Struct

from nightlatch.detect.behaviour import DetectorHelp, Reporter, Sighting
from nightlatch.detect.behaviours.asking import EVERYONE, asker
from nightlatch.detect.behaviours.seasons import ALARM, ALPHA
from nightlatch.detect.behaviours.series import SAMPLES, Normal, Series, SeriesMemory
from nightlatch.detect.behaviours.turns import turned
from nightlatch.detect.hours import hour_of_week
from nightlatch.detect.table import RecentTable
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.judgement import Detection, DetectionKind, Level

BIN = 300.0
"""Seconds that are judged together."""
FEWEST = 20
"""Requests in a bin (or expected in it) without which it says nothing."""
SURGE = 2.0
"""A rate is told from this many times what was expected."""
FALL = 0.1
FAR = 5.0
"""Standard deviations by which an hour's sum must be off: sessions make it scatter widely."""
ERRORS = 0.1
"""By how much the share of failures must have risen."""
SLOWER, LARGER = 2.0, 3.0
CALM_BINS = 6
"""Ordinary bins after which a surge is over."""
ENDPOINTS = 2_000
"""Evicts first the endpoint that was quiet longest. 4 KB each."""

_KNOWN_BITS = 1 << 19
_GENERATION = 14 * 86_400.0
_ARRIVALS = 20_000
_NEWCOMERS = 0.5

HELP = DetectorHelp(
    kind=DetectionKind.SURGE,
    title="Traffic rises far above what its hour explains",
    what=f"""\
Compares each endpoint, in bins of {BIN / 60:.0f} minutes, with the same hour of earlier weeks
(rate) and with its recent past (share of answers that failed with 5xx, or were turned away with
4xx; 95th percentile of latency; mean size). It tells from {SURGE:.0f} times the rate, {ERRORS:.0%}
more failures, {SLOWER:.0f} times the latency or {LARGER:.0f} times the size on, once an e-detector
over the ranks of these ratios alarms: three to five bins of a large change. A rate must also be
{FAR:.0f} standard deviations off over an hour, which counts sessions rather than requests. A rush
alone is Low, whoever comes: on launch days too. Failures are Medium.""",
    evidence="""\
What came and what was expected, the share of callers never seen before, and whether answers failed:
a rush of new people, the same callers asking more, or something broken.""",
    errors=f"""\
On average {ALARM:,.0f} bins of an endpoint (nine years) pass before a false alarm, as long as the
ratios to the hour's usual are exchangeable; feast days that are not like any earlier week are told.
Rates need a week of history, the others a day. Blind for changes that last less than three bins,
and for endpoints with fewer than {FEWEST} requests in {BIN / 60:.0f} minutes.""",
    refuted_by="A launch, a campaign, a push message, a feast day, or a deployment at that time.",
    remedy="""\
Look at who came: new callers on one endpoint that gives records are worth a look at its detectors.
Nothing is contained for a surge alone.""",
    owasp="API4:2023",
    references=("https://arxiv.org/abs/2203.03532",),
)

DROP_HELP = DetectorHelp(
    kind=DetectionKind.DROP,
    title="Traffic falls far below what its hour explains",
    what=f"""\
An endpoint that should have had at least {FEWEST} requests in each bin of {BIN / 60:.0f} minutes
has less than {FALL:.0%} of them, for as many bins as the same e-detector needs. Bins in which no
endpoint had any traffic are left out: then it was Nightlatch that did not see.""",
    evidence="What came, what was expected, and for how long.",
    errors=HELP.errors,
    refuted_by="A client that was switched off, a route that was renamed, or a feast day.",
    remedy="""\
Ask it yourself. Look for a release, a broken client, or a gateway that sends it elsewhere.""",
    owasp="API4:2023",
    references=HELP.references,
)


_WRITE = msgspec.msgpack.Encoder()
_READ = msgspec.msgpack.Decoder(list[SeriesMemory])


class _Change(Struct):
    """Something out of the ordinary in one bin."""

    name: str
    kind: DetectionKind
    level: Level
    words: str


class Surges:
    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._series: RecentTable[str, Series] = RecentTable(ENDPOINTS, Series)
        self._bin = 0
        self._known = _Acquaintances()

    def note(self, sighting: Sighting) -> None:
        exchange = sighting.exchange
        turn = int(exchange.at // BIN)
        if turn != self._bin and turned(turn, self._bin, BIN):
            self._turn(turn)
        key = exchange.endpoint.key
        series = self._series.touch(key)
        series.count += 1
        answer = exchange.response
        if exchange.ending is Ending.RAISED or (answer is not None and answer.status >= 500):
            series.failed += 1
        elif answer is not None:
            # Our own refusals come without the application's answer and say nothing of it.
            series.refused += answer.status >= 400
            series.bytes += answer.body.size
            if len(series.durations) < SAMPLES:
                series.durations.append(exchange.duration)
        series.newcomers += self._known.is_new(asker(sighting), exchange.at)

    def dump(self) -> bytes:
        return _WRITE.encode([series.dump(key) for key, series in self._series.items()])

    def load(self, data: bytes) -> None:
        """Raises what msgspec does, and ValueError, for what another version wrote."""
        for memory in _READ.decode(data)[-ENDPOINTS:]:
            self._series.touch(memory.key).load(memory)

    def _turn(self, turn: int) -> None:
        """A bin is over: judge every endpoint by it, also those that had nothing. Bins in which
        there was no traffic anywhere are passed over."""
        before, self._bin = self._bin, turn
        if not before or turn < before:
            for series in self._series.values():
                series.clear()
            return
        hour = hour_of_week(before * BIN)
        for key, series in self._series.items():
            changes = _changes(series, hour)
            if changes or series.told:
                self._tell(key, series, changes, (before + 1) * BIN)
            series.clear()

    def _tell(self, key: str, series: Series, changes: list[_Change], now: float) -> None:
        """Each change once, until it has been over for a while."""
        series.calm = 0 if changes else series.calm + 1
        if series.calm >= CALM_BINS:
            series.told.clear()
        for change in changes:
            if change.name in series.told:
                continue
            series.told.add(change.name)
            self._reporter.alarms.raise_(
                Detection(
                    change.kind,
                    key,
                    EVERYONE,
                    change.level,
                    now,
                    change.words,
                    ALPHA,
                    0,
                    series.count,
                    confidence=0.9,
                    refuted_by=(HELP if change.kind is HELP.kind else DROP_HELP).refuted_by,
                )
            )


def _changes(series: Series, hour: int) -> list[_Change]:
    """Judge the bin by what is normal, then let it teach."""
    changes: list[_Change] = []
    count, expected = series.count, series.season.expected(hour)
    if expected is not None and (count >= FEWEST or expected >= FEWEST):
        series.rate.take(count, expected)
        _judge_rate(series, expected, series.scatter.take(count, expected), changes)
    series.season.take(hour, count)
    if count >= FEWEST:
        _judge_answers(series, changes)
    return changes


def _judge_rate(series: Series, expected: float, deviation: float, changes: list[_Change]) -> None:
    count = series.count
    if series.rate.high >= ALARM and deviation >= FAR and count >= SURGE * expected:
        new = series.newcomers / count
        who = "most of it new callers" if new >= _NEWCOMERS else "most of it callers known before"
        words = (
            f"{count:,} requests within {BIN / 60:.0f} minutes where {expected:,.0f} are usual at"
            f" this hour of the week; {who} ({new:.0%} never seen). {_how_answered(series)}"
        )
        changes.append(_Change("rate", DetectionKind.SURGE, Level.LOW, words))
    elif series.rate.low >= ALARM and deviation <= -FAR and count <= FALL * expected:
        words = (
            f"{count:,} requests within {BIN / 60:.0f} minutes where {expected:,.0f} are usual at"
            " this hour of the week, while other endpoints were used."
        )
        changes.append(_Change("drop", DetectionKind.DROP, Level.MEDIUM, words))


def _how_answered(series: Series) -> str:
    if not series.failed:
        return "None failed."
    return f"{series.failed / series.count:.0%} of them failed."


def _judge_answers(series: Series, changes: list[_Change]) -> None:
    count = series.count
    _judge_share(series, series.failures, series.failed, "failed (5xx)", Level.MEDIUM, changes)
    _judge_share(
        series, series.refusals, series.refused, "were turned away (4xx)", Level.LOW, changes
    )
    if len(series.durations) >= FEWEST:
        slow = series.slow()
        usual = series.latency.take(slow, 1.0, SLOWER * series.latency.mean)
        if usual and series.latency.surprise.high >= ALARM and slow >= SLOWER * usual:
            words = f"95 of 100 answers took up to {slow:,.0f} ms, where {usual:,.0f} ms are usual."
            changes.append(_Change("latency", DetectionKind.SURGE, Level.LOW, words))
    mean = series.bytes / count
    usual = series.size.take(mean, 1.0, LARGER * series.size.mean)
    if usual and series.size.surprise.high >= ALARM and mean >= LARGER * usual:
        words = f"Answers are {mean:,.0f} bytes long on average, where {usual:,.0f} are usual."
        changes.append(_Change("size", DetectionKind.SURGE, Level.LOW, words))


def _judge_share(
    series: Series,
    normal: Normal,
    amount: int,
    what: str,
    level: Level,
    changes: list[_Change],
) -> None:
    share = amount / series.count
    usual = normal.take(share, series.count, normal.mean + ERRORS)
    if usual is None or normal.surprise.high < ALARM or share < usual + ERRORS:
        return
    words = (
        f"{share:.0%} of {series.count:,} requests within {BIN / 60:.0f} minutes {what}, where"
        f" {usual:.1%} are usual."
    )
    changes.append(_Change(what, DetectionKind.SURGE, level, words))


class _Acquaintances:
    """Has this caller been here in the last weeks, before this hour? Two bitmaps that take turns,
    64 KB each; one caller in ten is taken for known when 50,000 came in a fortnight."""

    def __init__(self) -> None:
        self._now = bytearray(_KNOWN_BITS // 8)
        self._before = bytearray(_KNOWN_BITS // 8)
        self._since: float | None = None
        self._arrived: set[int] = set()
        """Those who came for the first time in this hour: new until it is over."""
        self._hour = 0

    def is_new(self, circle: str, now: float) -> bool:
        hour = int(now // 3_600)
        if turned(hour, self._hour, 3_600.0) or len(self._arrived) >= _ARRIVALS:
            self._turn(hour, now)
        mark = hash(circle) & (_KNOWN_BITS - 1)
        place, bit = mark >> 3, 1 << (mark & 7)
        if self._now[place] & bit:
            return False
        if self._before[place] & bit:
            self._now[place] |= bit
            return False
        self._arrived.add(mark)
        return True

    def _turn(self, hour: int, now: float) -> None:
        self._hour = hour
        if self._since is None:
            self._since = now
        elif abs(now - self._since) > _GENERATION:
            self._before, self._now = self._now, bytearray(_KNOWN_BITS // 8)
            self._since = now
        for mark in self._arrived:
            self._now[mark >> 3] |= 1 << (mark & 7)
        self._arrived.clear()
