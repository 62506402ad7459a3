"""One caller takes far more records or bytes than its like, be it just under a limit all day."""

from nightlatch.detect.behaviour import DetectorHelp, Reporter, Sighting
from nightlatch.detect.behaviours.asking import asker
from nightlatch.detect.behaviours.crowds import ENOUGH, FACTOR
from nightlatch.detect.behaviours.entries import mark_of, page_number
from nightlatch.detect.behaviours.neighbours import program_of
from nightlatch.detect.behaviours.reminders import Reminders
from nightlatch.detect.behaviours.takings import (
    BYTES_A_DAY,
    MOST_HEADS,
    OWN_DAYS,
    OWN_FACTOR,
    RECORDS_A_DAY,
    RECORDS_AN_HOUR,
    Excess,
    Key,
    Regular,
    Shelf,
    Taken,
    excess_of,
)
from nightlatch.detect.behaviours.turns import turned
from nightlatch.detect.suspicions import Suspicion
from nightlatch.detect.table import RecentTable, SegmentedTable
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.judgement import Detection, DetectionKind, Level

HOUR, DAY = 3_600.0, 86_400.0
PAGES = 15
"""Pages one after the other, each further on than the last, that count as a walk through a list."""
CHALLENGED = 3_600.0
CALLERS = 20_000
"""Pairs of endpoint and caller, at most twice as many; quiet longest goes first. 400 bytes each."""
ENDPOINTS = 2_000
"""Evicts first the endpoint that was quiet longest. 10 KB each."""


_SEVERAL = ""
_LARGE = 4_096
"""Bytes from which an answer without parameters, query and people is worth counting."""
_ONE_BY_ONE = 16
"""People in an answer that are counted each; more are a page."""
_MANY = 32
"""Records a day from which a caller may have a baseline of its own."""
_CLOSED_AT_ONCE = 4
_BROAD = 0.2
"""Share of all there is."""
_SURE = 0.7


HELP = DetectorHelp(
    kind=DetectionKind.SCRAPING,
    title="One caller takes far more than its like",
    what=f"""\
Counts, per endpoint and caller, the distinct records that leave (people, and entries of lists even
where they are about nobody) by the hour and the day, and bytes by the day. A caller is told that
took more than {FACTOR:.0f} times the 99th percentile over callers (once the endpoint is known for
{OWN_DAYS} days and {ENOUGH} callers' days; and at least {RECORDS_AN_HOUR} records an hour,
{RECORDS_A_DAY} a day, {BYTES_A_DAY // 1_000_000} MB a day). Days add up, so keeping under a limit
all day counts. Walking the pages of a list in order, taking a large share of all there is, and
using no other endpoint make it surer. A caller with {OWN_DAYS} clean days has its own baseline and
is told from {OWN_FACTOR} times that on, and later while all others take more than usual too. An
address of strangers counts as as many callers as it shows programs, {MOST_HEADS} at most.""",
    evidence="What was taken, what is usual, pages walked in order, share of everything there is.",
    errors="""\
If an honest caller's day is like those learned, it exceeds the threshold as often as they did;
each detection states that share, (1 + those that did) / (1 + all). A new partner is told until its
volume is its own baseline, or somebody exempts it. Blind for callers that make up programs, up to
that many times what one takes, and for those that split the work over many accounts, each below
what one person takes: budgets and the detectors over all callers together are for those.""",
    refuted_by="A new partner, a migration, or a verified search engine.",
    remedy="""\
Set a limit in distinct records per caller and day. Offer bulk users an export of their own, and
exempt it.""",
    owasp="API4:2023",
    references=(
        "https://owasp.org/www-project-automated-threats-to-web-applications/assets/oats/EN/OAT-011_Scraping",
    ),
)


class Scraping:
    """What callers took is held by the day; when a day is over it teaches what is usual, a few
    callers with each exchange."""

    def __init__(self, reporter: Reporter, callers: int = CALLERS) -> None:
        self._reporter = reporter
        self._capacity = callers
        self._day = 0
        self._today: SegmentedTable[Key, Taken] = SegmentedTable(callers)
        self._yesterday: SegmentedTable[Key, Taken] = SegmentedTable(callers)
        self._regulars: SegmentedTable[Key, Regular] = SegmentedTable(callers)
        self._shelves: RecentTable[str, Shelf] = RecentTable(ENDPOINTS, Shelf)
        self._doors: dict[str, str] = {}
        """Caller → the one endpoint it took records from today, or that there are several."""
        self._reminders = Reminders(HOUR)

    def note(self, sighting: Sighting) -> None:
        exchange = sighting.exchange
        answer = exchange.response
        if answer is None or not 200 <= answer.status < 300 or exchange.ending is Ending.REFUSED:
            return
        disclosed = sighting.disclosure.disclosed
        endpoint, query = exchange.endpoint, exchange.request.query
        if not (disclosed or query or answer.body.size >= _LARGE or "{" in endpoint.template):
            return
        now, who = exchange.at, asker(sighting)
        day = int(now // DAY)
        if day != self._day and turned(day, self._day, DAY):
            self._turn(day)
        if len(self._yesterday):
            self._close(_CLOSED_AT_ONCE)
        taken = self._taken((endpoint.key, who))
        shelf = self._shelves.touch(endpoint.key, self._day)
        taken.bytes += answer.body.size
        new = self._count(sighting, taken, shelf)
        if new:
            taken.add(new, int(now // HOUR))
            shelf.taken += new
            if sighting.stranger:
                taken.programs |= 1 << (hash(program_of(exchange.caller)) & 63)
            page = page_number(query) if query else None
            if page is not None:
                taken.turn_page(page)
        if (
            taken.hour_records > shelf.by_hour.least
            or taken.records > shelf.records.least
            or taken.bytes > shelf.bytes.least
        ):
            self._judge(sighting, taken, shelf)

    def _count(self, sighting: Sighting, taken: Taken, shelf: Shelf) -> float:
        """How many of the records in the answer the caller had not had today."""
        disclosed = sighting.disclosure.disclosed
        if not disclosed:
            mark, many = mark_of(sighting)
            shelf.all.add(mark)
            return taken.seen.add(mark) * many
        if len(disclosed) > _ONE_BY_ONE:
            # A page of records is had as a whole, or not.
            mark = hash((disclosed[0].digest, disclosed[-1].digest))
            shelf.all.add(mark)
            new = taken.seen.add(mark) * len(disclosed)
        else:
            new = 0.0
            for subject in disclosed:
                mark = hash(subject.digest)
                shelf.all.add(mark)
                new += taken.seen.add(mark)
        taken.people += new
        return new

    def _taken(self, key: Key) -> Taken:
        taken = self._today.touch(key)
        if taken is None:
            taken = Taken(key)
            gone = self._today.add(key, taken)
            if gone is not None:
                self._learn(gone[1])
            first = self._doors.setdefault(key[1], key[0])
            if first != key[0]:
                self._doors[key[1]] = _SEVERAL
        elif not taken.kept and taken.records >= _MANY:
            taken.kept = True
            self._today.keep(key)
        return taken

    def _turn(self, day: int) -> None:
        while len(self._yesterday):
            self._close(_CLOSED_AT_ONCE)
        self._yesterday, self._today = self._today, SegmentedTable(self._capacity)
        self._doors = {}
        self._day = day
        for shelf in self._shelves.values():
            shelf.turn()

    def _close(self, many: int) -> None:
        """Let so many callers of yesterday teach."""
        for _ in range(many):
            oldest = self._yesterday.drop()
            if oldest is None:
                return
            self._learn(oldest[1])

    def _learn(self, taken: Taken) -> None:
        if taken.closed:
            return
        taken.closed = True
        shelf = self._shelves.touch(taken.key[0], self._day)
        regular = self._regulars.touch(taken.key)
        if taken.kept:
            if regular is None:
                regular = Regular()
                self._regulars.add(taken.key, regular)
            regular.learn(taken, self._day)
        if not taken.told and not (regular is not None and regular.partner(shelf)):
            shelf.learn(taken)

    def _judge(self, sighting: Sighting, taken: Taken, shelf: Shelf) -> None:
        if self._day - shelf.since < OWN_DAYS:
            return
        yesterday = self._yesterday.get(taken.key)
        if yesterday is not None:
            self._learn(yesterday)
        regular = self._regulars.get(taken.key)
        excess = excess_of(taken, shelf, regular)
        if excess is None or sighting.client.verified is True:
            return
        taken.told = True
        exchange = sighting.exchange
        endpoint, circle = taken.key
        now = exchange.at
        alone = self._doors.get(circle) == endpoint
        share = min(1.0, taken.seen.count / max(1.0, shelf.all.count))
        confidence = _confidence(taken, excess, share, alone=alone)
        told = _words(taken, excess, share, alone=alone)
        suspicion = Suspicion(told, now + CHALLENGED, convicts=False)
        self._reporter.suspicions.enter(circle, suspicion, endpoint)
        if not self._reminders.due(endpoint, circle, now):
            return
        grave = taken.people > 0 and confidence >= _SURE
        self._reporter.alarms.raise_(
            Detection(
                DetectionKind.SCRAPING,
                endpoint,
                circle,
                Level.HIGH if grave else Level.MEDIUM,
                now,
                told,
                excess.crowd.rate,
                round(taken.people),
                round(taken.records),
                confidence=confidence,
                refuted_by=HELP.refuted_by,
            )
        )


def _confidence(taken: Taken, excess: Excess, share: float, *, alone: bool) -> float:
    """Signs that go together add up; none of them decides."""
    confidence = 0.6
    confidence += 0.15 * (taken.pages >= PAGES)
    confidence += 0.1 * (share >= _BROAD)
    confidence += 0.05 * alone
    confidence += 0.1 * (excess.amount >= 3 * excess.limit)
    return min(0.95, confidence)


def _words(taken: Taken, excess: Excess, share: float, *, alone: bool) -> str:
    crowd = excess.crowd
    told = (
        f"{excess.amount:,.0f} {excess.unit}; more than {excess.limit:,.0f} is out of the ordinary"
    )
    if crowd.known:
        told += (
            f": 99 of 100 callers take at most {crowd.usual:,.0f}; {crowd.above:,} of"
            f" {crowd.seen:,} full days of callers were beyond it."
        )
    else:
        told += ": this caller's own clean days were a quarter of it."
    if taken.pages >= PAGES:
        told += f" It turned {taken.pages:,} pages in order."
    if share >= _BROAD:
        told += f" That is {share:.0%} of all that is known to be there."
    return told + (" It uses no other endpoint that gives records." if alone else "")
