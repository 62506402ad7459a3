"""What callers take from endpoints, by the day, and what is usual: of others and of themselves."""

from msgspec import Struct

from nightlatch.detect.behaviours.crowds import Crowd
from nightlatch.detect.behaviours.seen import Seen
from nightlatch.detect.behaviours.turns import turned

RECORDS_AN_HOUR, RECORDS_A_DAY = 300, 600
"""No caller scrapes below these, however little others take."""
BYTES_A_DAY = 20_000_000
OWN_DAYS = 3
"""Clean days after which a caller has a baseline of its own."""
OWN_FACTOR = 4
OWN_GROWTH = 1.1
"""By how much a clean day may raise a caller's own baseline: to double it takes a week."""
ALONE_DAYS = 7
"""The same where there are no others to compare with."""
MOST_HEADS = 16
"""People that are believed to share one address, at most: programs can be made up."""
PARTNER = 8
"""From this many medians on, a caller with a baseline of its own does not teach what is usual."""
SLEPT = 7
"""Days without a word after which the own baseline is forgotten."""

Key = tuple[str, str]
"""(endpoint key, circle)."""


class Taken:
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
        "programs",
        "records",
        "seen",
        "told",
    )

    def __init__(self, key: Key) -> None:
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
        self.programs = 0
        """A bit for each program that strangers used at this address."""
        self.kept = False
        self.told = False
        """Something was wrong today: the day is not clean."""
        self.closed = False
        """It has taught what is usual."""

    def add(self, new: float, hour: int) -> None:
        """So many new records left in this hour."""
        if turned(hour, self.hour, 3_600.0):
            self.hour, self.hour_records = hour, 0.0
        self.records += new
        self.hour_records += new
        if self.hour_records > self.most_in_hour:
            self.most_in_hour = self.hour_records

    @property
    def heads(self) -> int:
        """How many people may be behind one address, by their programs."""
        return min(MOST_HEADS, max(1, self.programs.bit_count()))

    def turn_page(self, page: int) -> None:
        if page > self.page:
            self.pages += 1
        elif page < self.page:
            self.pages = 1
        self.page = page


class Regular(Struct):
    """A caller that takes much, day after day: its own baseline."""

    records: float = 0.0
    bytes: float = 0.0
    clean_days: int = 0
    day: int = 0

    def learn(self, taken: Taken, day: int) -> None:
        if day - self.day > SLEPT:
            self.records = self.bytes = 0.0
            self.clean_days = 0
        self.day = day
        if taken.told:
            return
        self.clean_days += 1
        self.records = self._grown(self.records, taken.records)
        self.bytes = self._grown(self.bytes, float(taken.bytes))

    def partner(self, shelf: "Shelf") -> bool:
        """It takes so much more than others that it says nothing of them."""
        return self.clean_days >= OWN_DAYS and self.records > PARTNER * shelf.records.middle > 0

    def _grown(self, before: float, today: float) -> float:
        settled = self.clean_days > OWN_DAYS
        return max(before, min(today, before * OWN_GROWTH) if settled else today)


class Shelf:
    """One endpoint: what its callers take, and all there is."""

    __slots__ = ("all", "by_hour", "bytes", "records", "since", "taken", "usually_taken")

    def __init__(self, day: int) -> None:
        self.since = day
        self.by_hour = Crowd(RECORDS_AN_HOUR)
        self.records = Crowd(RECORDS_A_DAY)
        self.bytes = Crowd(BYTES_A_DAY)
        self.all = Seen(65_536)
        self.taken = 0.0
        """Records by all callers together today."""
        self.usually_taken = 0.0
        """The same of earlier days, on average over about a week."""

    def learn(self, taken: Taken) -> None:
        heads = taken.heads
        self.by_hour.take(taken.most_in_hour / heads)
        self.records.take(taken.records / heads)
        self.bytes.take(taken.bytes / heads)

    def turn(self) -> None:
        """A day is over."""
        usual = self.usually_taken
        self.usually_taken = usual + (self.taken - usual) / 7 if usual else self.taken
        self.taken = 0.0

    def rush(self, taken: Taken) -> float:
        """How many times as much as usual the others took today: on a launch day everybody does."""
        others = self.taken - taken.records
        return max(1.0, others / self.usually_taken) if self.usually_taken else 1.0


class Excess(Struct):
    """What was taken, against what is usual."""

    amount: float
    unit: str
    limit: float
    crowd: Crowd


def excess_of(taken: Taken, shelf: Shelf, regular: Regular | None) -> Excess | None:
    """The first of the three amounts that is above both what others took and what is the caller's
    own; None when all is within."""
    own, own_bytes = 0.0, 0.0
    settled = regular is not None and regular.clean_days >= OWN_DAYS
    if regular is not None and settled:
        rush = OWN_FACTOR * shelf.rush(taken)
        own, own_bytes = rush * regular.records, rush * regular.bytes
    for amount, unit, crowd, mine in (
        (taken.records, "records today", shelf.records, own),
        (taken.hour_records, "records within this hour", shelf.by_hour, own),
        (float(taken.bytes), "bytes today", shelf.bytes, own_bytes),
    ):
        limit = max(crowd.threshold * taken.heads, mine)
        if not crowd.known:
            # Nobody to compare with: only who has a long history of its own can be judged.
            if regular is None or regular.clean_days < ALONE_DAYS:
                continue
            limit = max(crowd.floor, mine)
        if amount > limit:
            return Excess(amount, unit, limit, crowd)
    return None
