"""One caller takes far more records or bytes than its like, be it just under a limit all day."""

import re
from collections import OrderedDict
from typing import Any

from msgspec import Struct

from nightlatch.detect.behaviour import DetectorHelp, Reporter, Sighting
from nightlatch.detect.behaviours.asking import asker
from nightlatch.detect.behaviours.crowds import ENOUGH, FACTOR, Crowd
from nightlatch.detect.behaviours.reminders import Reminders
from nightlatch.detect.behaviours.seen import Seen
from nightlatch.detect.suspicions import Suspicion
from nightlatch.detect.table import SegmentedTable
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.judgement import Detection, DetectionKind, Level

HOUR, DAY = 3_600.0, 86_400.0
RECORDS_AN_HOUR, RECORDS_A_DAY = 300, 600
"""No caller scrapes below these, however little others take."""
BYTES_A_DAY = 20_000_000
PAGES = 15
"""Pages one after the other, each further on than the last, that count as a walk through a list."""
OWN_DAYS = 3
"""Clean days after which a caller has a baseline of its own."""
OWN_FACTOR = 4
OWN_GROWTH = 1.1
"""By how much a clean day may raise a caller's own baseline: to double it takes a week."""
PARTNER = 8
"""From this many medians on, a caller with a baseline of its own does not teach what is usual."""
SLEPT = 7
"""Days without a word after which the own baseline is forgotten."""
CHALLENGED = 3_600.0
CALLERS = 20_000
"""Pairs of endpoint and caller, at most twice as many; quiet longest goes first. 400 bytes each."""
ENDPOINTS = 2_000
"""Evicts first the endpoint that was quiet longest. 10 KB each."""

ALONE_DAYS = 7
"""The same where there are no others to compare with."""

_Key = tuple[str, str]
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
_LONGEST = 64

_PAGE = re.compile(
    r"(?:^|&)(?:page|p|offset|start|skip|from|cursor|page_?(?:no|number))=(\d{1,12})(?:&|$)"
)
_LISTS = ("items", "data", "results", "records", "users", "content", "rows", "value")
_NAMES = ("id", "uuid", "_id", "key", "sku", "slug", "name")

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
is told from {OWN_FACTOR} times that on.""",
    evidence="What was taken, what is usual, pages walked in order, share of everything there is.",
    errors="""\
If an honest caller's day is like those learned, it exceeds the threshold as often as they did;
each detection states that share, (1 + those that did) / (1 + all). A
new partner is told until its volume is its own baseline, or somebody exempts it. Blind for callers
that split the work over many accounts, each below what one person takes: budgets and the detectors
over all callers together are for those.""",
    refuted_by="A new partner, a migration, or a verified search engine.",
    remedy="""\
Set a limit in distinct records per caller and day. Offer bulk users an export of their own, and
exempt it.""",
    owasp="API4:2023",
    references=(
        "https://owasp.org/www-project-automated-threats-to-web-applications/assets/oats/EN/OAT-011_Scraping",
    ),
)


class _Taken:
    """What one caller took from one endpoint today."""

    __slots__ = (
        "bytes",
        "closed",
        "hour",
        "hour_records",
        "kept",
        "key",
        "most_in_hour",
        "page",
        "pages",
        "people",
        "records",
        "seen",
        "told",
    )

    def __init__(self, key: _Key) -> None:
        self.key = key
        self.records = 0.0
        """Distinct records today."""
        self.people = 0.0
        self.hour = 0
        self.hour_records = 0.0
        self.most_in_hour = 0.0
        self.bytes = 0
        self.seen = Seen()
        self.page = -1
        self.pages = 0
        """Pages in a row, each further on than the one before."""
        self.kept = False
        self.told = False
        """Something was wrong today: the day is not clean."""
        self.closed = False
        """It has taught what is usual."""

    def add(self, new: float, hour: int) -> None:
        """So many new records left in this hour."""
        if hour != self.hour:
            self.hour, self.hour_records = hour, 0.0
        self.records += new
        self.hour_records += new
        if self.hour_records > self.most_in_hour:
            self.most_in_hour = self.hour_records

    def turn_page(self, page: int) -> None:
        if page > self.page:
            self.pages += 1
        elif page < self.page:
            self.pages = 1
        self.page = page


class _Regular(Struct):
    """A caller that takes much, day after day: its own baseline."""

    records: float = 0.0
    bytes: float = 0.0
    clean_days: int = 0
    day: int = 0

    def learn(self, taken: _Taken, day: int) -> None:
        if day - self.day > SLEPT:
            self.records = self.bytes = 0.0
            self.clean_days = 0
        self.day = day
        if taken.told:
            return
        self.clean_days += 1
        self.records = self._grown(self.records, taken.records)
        self.bytes = self._grown(self.bytes, float(taken.bytes))

    def partner(self, shelf: "_Shelf") -> bool:
        """It takes so much more than others that it says nothing of them."""
        return self.clean_days >= OWN_DAYS and self.records > PARTNER * shelf.records.middle > 0

    def _grown(self, before: float, today: float) -> float:
        settled = self.clean_days > OWN_DAYS
        return max(before, min(today, before * OWN_GROWTH) if settled else today)


class _Shelf:
    """One endpoint: what its callers take, and all there is."""

    __slots__ = ("all", "by_hour", "bytes", "records", "since")

    def __init__(self, day: int) -> None:
        self.since = day
        self.by_hour = Crowd(RECORDS_AN_HOUR)
        self.records = Crowd(RECORDS_A_DAY)
        self.bytes = Crowd(BYTES_A_DAY)
        self.all = Seen(65_536)

    def learn(self, taken: _Taken) -> None:
        self.by_hour.take(taken.most_in_hour)
        self.records.take(taken.records)
        self.bytes.take(taken.bytes)


class _Excess(Struct):
    """What was taken, against what is usual."""

    amount: float
    unit: str
    limit: float
    crowd: Crowd


class Scraping:
    """What callers took is held by the day; when a day is over it teaches what is usual, a few
    callers with each exchange."""

    def __init__(self, reporter: Reporter, callers: int = CALLERS) -> None:
        self._reporter = reporter
        self._capacity = callers
        self._day = 0
        self._today: SegmentedTable[_Key, _Taken] = SegmentedTable(callers)
        self._yesterday: SegmentedTable[_Key, _Taken] = SegmentedTable(callers)
        self._regulars: SegmentedTable[_Key, _Regular] = SegmentedTable(callers)
        self._shelves: OrderedDict[str, _Shelf] = OrderedDict()
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
        if int(now // DAY) != self._day:
            self._turn(int(now // DAY))
        if len(self._yesterday):
            self._close(_CLOSED_AT_ONCE)
        taken = self._taken((endpoint.key, who))
        shelf = self._shelf(endpoint.key)
        taken.bytes += answer.body.size
        new = self._count(sighting, taken, shelf)
        if new:
            taken.add(new, int(now // HOUR))
            if query and (page := _PAGE.search(query)):
                taken.turn_page(int(page[1]))
        if (
            taken.hour_records > shelf.by_hour.least
            or taken.records > shelf.records.least
            or taken.bytes > shelf.bytes.least
        ):
            self._judge(sighting, taken, shelf)

    def _count(self, sighting: Sighting, taken: _Taken, shelf: _Shelf) -> float:
        """How many of the records in the answer the caller had not had today."""
        disclosed = sighting.disclosure.disclosed
        if not disclosed:
            mark, many = _of_answer(sighting)
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

    def _taken(self, key: _Key) -> _Taken:
        taken = self._today.touch(key)
        if taken is None:
            taken = _Taken(key)
            gone = self._today.add(key, taken)
            if gone is not None:
                self._learn(gone)
            first = self._doors.setdefault(key[1], key[0])
            if first != key[0]:
                self._doors[key[1]] = _SEVERAL
        elif not taken.kept and taken.records >= _MANY:
            taken.kept = True
            self._today.keep(key)
        return taken

    def _shelf(self, key: str) -> _Shelf:
        shelf = self._shelves.get(key)
        if shelf is None:
            if len(self._shelves) >= ENDPOINTS:
                self._shelves.popitem(last=False)
            shelf = self._shelves[key] = _Shelf(self._day)
        self._shelves.move_to_end(key)
        return shelf

    def _turn(self, day: int) -> None:
        while len(self._yesterday):
            self._close(_CLOSED_AT_ONCE)
        self._yesterday, self._today = self._today, SegmentedTable(self._capacity)
        self._doors = {}
        self._day = day

    def _close(self, many: int) -> None:
        """Let so many callers of yesterday teach."""
        for _ in range(many):
            taken = self._yesterday.drop()
            if taken is None:
                return
            self._learn(taken)

    def _learn(self, taken: _Taken) -> None:
        if taken.closed:
            return
        taken.closed = True
        shelf = self._shelf(taken.key[0])
        regular = self._regulars.touch(taken.key)
        if taken.kept:
            if regular is None:
                regular = _Regular()
                self._regulars.add(taken.key, regular)
            regular.learn(taken, self._day)
        if not taken.told and not (regular is not None and regular.partner(shelf)):
            shelf.learn(taken)

    def _judge(self, sighting: Sighting, taken: _Taken, shelf: _Shelf) -> None:
        if self._day - shelf.since < OWN_DAYS:
            return
        yesterday = self._yesterday.get(taken.key)
        if yesterday is not None:
            self._learn(yesterday)
        regular = self._regulars.get(taken.key)
        excess = _excess(taken, shelf, regular)
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


def _excess(taken: _Taken, shelf: _Shelf, regular: _Regular | None) -> _Excess | None:
    """The first of the three amounts that is above both what others took and what is the caller's
    own; None when all is within."""
    own, own_bytes = 0.0, 0.0
    settled = regular is not None and regular.clean_days >= OWN_DAYS
    if regular is not None and settled:
        own, own_bytes = OWN_FACTOR * regular.records, OWN_FACTOR * regular.bytes
    for amount, unit, crowd, mine in (
        (taken.records, "records today", shelf.records, own),
        (taken.hour_records, "records within this hour", shelf.by_hour, own),
        (float(taken.bytes), "bytes today", shelf.bytes, own_bytes),
    ):
        limit = max(crowd.threshold, mine)
        if not crowd.known:
            # Nobody to compare with: only who has a long history of its own can be judged.
            if regular is None or regular.clean_days < ALONE_DAYS:
                continue
            limit = max(crowd.floor, mine)
        if amount > limit:
            return _Excess(amount, unit, limit, crowd)
    return None


def _confidence(taken: _Taken, excess: _Excess, share: float, *, alone: bool) -> float:
    """Signs that go together add up; none of them decides."""
    confidence = 0.6
    confidence += 0.15 * (taken.pages >= PAGES)
    confidence += 0.1 * (share >= _BROAD)
    confidence += 0.05 * alone
    confidence += 0.1 * (excess.amount >= 3 * excess.limit)
    return min(0.95, confidence)


def _words(taken: _Taken, excess: _Excess, share: float, *, alone: bool) -> str:
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


def _of_answer(sighting: Sighting) -> tuple[int, int]:
    """A mark of the records in an answer about nobody, and how many they are."""
    value = sighting.response.value
    entries = value if type(value) is list else _entries(value)
    if entries:
        return hash((_name(entries[0]), _name(entries[-1]))), len(entries)
    request = sighting.exchange.request
    return hash((request.path, request.query)), 1


def _entries(value: Any) -> list[Any]:
    """The list that an answer is about, under one of the usual names."""
    if type(value) is dict:
        for name in _LISTS:
            found = value.get(name)
            if type(found) is list:
                return found
    return []


def _name(entry: Any) -> str:
    """What tells one entry of a list from another."""
    if type(entry) is dict:
        for name in _NAMES:
            if name in entry:
                return str(entry[name])[:_LONGEST]
        return str(sorted(map(str, entry)))[:_LONGEST]
    return str(entry)[:_LONGEST]
