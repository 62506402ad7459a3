"""A machine that asks at a constant interval, just under every limit, and never stops."""

import math
import re

from nightlatch.detect.behaviour import DetectorHelp, Reporter, Sighting
from nightlatch.detect.behaviours.asking import asker
from nightlatch.detect.behaviours.entries import page_number
from nightlatch.detect.behaviours.reminders import Reminders
from nightlatch.detect.suspicions import Suspicion
from nightlatch.detect.table import SegmentedTable
from nightlatch.exchange.exchange import Ending, Response
from nightlatch.exchange.judgement import Detection, DetectionKind, Level

GAPS = 60
"""Pauses between two requests before their regularity is judged, and judged again after as many."""
REGULAR = 0.4
"""Largest coefficient of variation of the gaps that a machine is believed to have. Uniform jitter
of ± x % gives x/√3: ± 69 % is still found. Exponential gaps have 1, people more."""
SPAN = 1_200.0
"""Seconds that this must have gone on."""
PAUSE = 8.0
"""A gap this many times the mean is a pause (a night, a restart), which is left out."""
PAUSES = 0.1
"""Share of pauses above which nothing is constant."""
BOUT = 600.0
"""Seconds without a pause, on average, from which on it is a machine that asks and asks. A back end
that fetches two dozen records in a loop is done within one minute, however often it is started."""
EVER_NEW = 0.5
"""Share of requests that named a record never named before, above which it is no app's timer."""
SETTLED = 7 * 86_400.0
"""Age of an endpoint from which a caller that begins to poll is a newcomer there."""
CLOSE = 0.1
"""Share of a limit that is left when somebody keeps just under it."""
CHALLENGED = 3_600.0
CALLERS = 20_000
"""Pairs of endpoint and caller, at most twice as many; quiet longest goes first. 400 bytes each."""
_LATE = 3_600.0
_RETURNING = 5
"""Gaps after which a caller is not pushed out by those who come once."""
_REMEMBERED = 128
"""Records of one caller remembered to know new ones; then it is forgotten which they were."""
_BELOW = 1e-13
"""Probability that 60 exponential gaps vary so little: at most the share of the simplex of gaps
that lies in the ball of radius REGULAR/√60 around its centre (Greenwood 1946)."""

HELP = DetectorHelp(
    kind=DetectionKind.POLLING,
    title="A machine asks at a constant interval",
    what=f"""\
Measures the gaps between one caller's requests to one endpoint. When {GAPS} gaps over at least
{SPAN / 60:.0f} minutes vary by less than {REGULAR} (coefficient of variation; jitter of ± 69 % does
not exceed it), a machine asks; batches that are over within {BOUT / 60:.0f} minutes are left out.
Machines poll honestly too, so that alone is not told: it is when half of the requests name a
record, or a page of a list, that the caller never named before, or the caller keeps within
{CLOSE:.0%} of a limit that the answers state. Medium where people's records leave to a stranger, or
to a caller that began after the endpoint was {SETTLED / 86_400:.0f} days old: such a caller is
challenged there. Low otherwise.""",
    evidence="The interval, how constant it is, for how long, and how many new records it named.",
    errors=f"""\
Of callers whose gaps are exponential, or more uneven as people's are, less than {_BELOW:g} are
taken for machines each time {GAPS} gaps are judged. Whether a machine that names new records is
wanted, regularity cannot tell: an unknown partner's nightly job is told once, at Low. Blind for
pauses drawn from an exponential distribution, and for a caller that changes its address within
{GAPS} requests.""",
    refuted_by="A partner's job, or an app whose timer walks through a list it was given.",
    remedy="""\
Ask the caller to use a feed of changes, or exempt it as a partner. Set a limit in distinct people,
which no interval gets around.""",
    owasp="API4:2023",
    references=("https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/",),
)


class _Rhythm:
    """The gaps between one caller's requests to one endpoint."""

    __slots__ = ("gaps", "known", "last", "new", "pauses", "people", "since", "squares", "total")

    def __init__(self, now: float) -> None:
        self.last = now
        self.since = now
        self.gaps = 0
        self.pauses = 0
        self.total = 0.0
        self.squares = 0.0
        self.new = 0
        """Requests that named a record for the first time, since the gaps are counted."""
        self.people = 0
        """People whose records left in those."""
        self.known: set[bytes | int] | None = None

    def beat(self, now: float) -> bool:
        """One more request; True when the gaps are to be judged."""
        gap = now - self.last
        if -_LATE < gap < 0:
            # It began earlier and ended later than the one before.
            return False
        self.last = now
        if gap < 0:
            return False
        if self.gaps >= 10 and gap * self.gaps > PAUSE * self.total:
            self.pauses += 1
            return False
        self.gaps += 1
        self.total += gap
        self.squares += gap * gap
        return self.gaps >= GAPS and self.gaps % GAPS == 0

    @property
    def variation(self) -> float:
        """Coefficient of variation of the gaps."""
        mean = self.total / self.gaps
        if mean <= 0:
            return math.inf
        return math.sqrt(max(0.0, self.squares / self.gaps - mean * mean)) / mean

    @property
    def regular(self) -> bool:
        constant = self.pauses <= PAUSES * self.gaps and self.total >= BOUT * self.pauses
        return constant and self.variation <= REGULAR

    @property
    def hours(self) -> float:
        """For how long it has been regular."""
        return (self.last - self.since) / 3_600

    def restart(self, *, regular: bool) -> None:
        """Count afresh, so that whoever begins something new is judged by that; which records are
        known stays."""
        if not regular:
            self.since = self.last
        self.gaps = self.pauses = self.new = self.people = 0
        self.total = self.squares = 0.0

    def name(self, record: bytes | int, people: int) -> None:
        known = self.known
        if known is None:
            known = self.known = set()
        if record in known:
            return
        if len(known) >= _REMEMBERED:
            known.clear()
        known.add(record)
        self.new += 1
        self.people += people


class Polling:
    def __init__(self, reporter: Reporter, callers: int = CALLERS) -> None:
        self._reporter = reporter
        self._rhythms: SegmentedTable[tuple[str, str], _Rhythm] = SegmentedTable(callers)
        self._reminders = Reminders()

    def note(self, sighting: Sighting) -> None:
        exchange = sighting.exchange
        key = (exchange.endpoint.key, asker(sighting))
        rhythm = self._rhythms.touch(key)
        if rhythm is None:
            self._rhythms.add(key, _Rhythm(exchange.at))
            return
        due = rhythm.beat(exchange.at)
        if rhythm.gaps == _RETURNING:
            self._rhythms.keep(key)
        disclosure = sighting.disclosure
        if disclosure.asked:
            rhythm.name(disclosure.asked[0].digest, len(disclosure.disclosed))
        elif exchange.request.query:
            page = page_number(exchange.request.query)
            if page is not None:
                rhythm.name(page, len(disclosure.disclosed))
        if due:
            self._judge(sighting, key, rhythm)

    def _judge(self, sighting: Sighting, key: tuple[str, str], rhythm: _Rhythm) -> None:
        regular = rhythm.regular
        if regular and rhythm.total < SPAN:
            return
        if regular:
            ever_new = rhythm.new >= EVER_NEW * rhythm.gaps
            if ever_new or _close_to_limit(sighting.exchange.response):
                self._tell(sighting, key, rhythm, ever_new=ever_new)
        rhythm.restart(regular=regular)

    def _tell(
        self, sighting: Sighting, key: tuple[str, str], rhythm: _Rhythm, *, ever_new: bool
    ) -> None:
        exchange = sighting.exchange
        endpoint, circle = key
        now = exchange.at
        newcomer = rhythm.since - sighting.facts.first_seen >= SETTLED
        grave = ever_new and rhythm.people > 0 and (sighting.stranger or newcomer)
        told = _words(rhythm, ever_new=ever_new)
        if grave and exchange.ending is not Ending.REFUSED:
            self._reporter.suspicions.enter(
                circle, Suspicion(told, now + CHALLENGED, convicts=False), endpoint
            )
        if not self._reminders.due(endpoint, circle, now):
            return
        self._reporter.alarms.raise_(
            Detection(
                DetectionKind.POLLING,
                endpoint,
                circle,
                Level.MEDIUM if grave else Level.LOW,
                now,
                told,
                _BELOW,
                rhythm.people,
                rhythm.new,
                confidence=0.8 if grave else 0.5,
                refuted_by=HELP.refuted_by,
            )
        )


def _words(rhythm: _Rhythm, *, ever_new: bool) -> str:
    mean = rhythm.total / rhythm.gaps
    told = (
        f"A request every {mean:.3g} seconds for {rhythm.hours:.1f} hours; the latest"
        f" {rhythm.gaps:,} gaps vary by {rhythm.variation:.0%}, where"
        " people's vary by 100 % and more."
    )
    if ever_new:
        return (
            f"{told} {rhythm.new:,} of them named a record for the first time, and"
            f" {rhythm.people:,} people's records left in them."
        )
    return f"{told} It keeps just under the limit."


_NUMBER = re.compile(r"\d{1,12}")
_LIMITS = (
    (b"ratelimit-limit", b"ratelimit-remaining"),
    (b"x-ratelimit-limit", b"x-ratelimit-remaining"),
)


def _close_to_limit(answer: Response | None) -> bool:
    """Do the standard fields say that little of a limit is left, though nothing was refused?"""
    if answer is None or answer.status == 429:
        return False
    for limit_field, remaining_field in _LIMITS:
        limit = _NUMBER.match(answer.headers.get(limit_field) or "")
        remaining = _NUMBER.match(answer.headers.get(remaining_field) or "")
        if limit and remaining:
            return int(remaining[0]) <= CLOSE * int(limit[0])
    return False
