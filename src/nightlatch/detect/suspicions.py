"""What stands against circles of callers, as found after their answers: read before each request.

Written by the worker's thread, read by the event loop's: each entry is replaced whole, so a reader
sees the old one or the new one, never half of either.
"""

from collections import OrderedDict
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from nightlatch.detect.known import ANYWHERE, Known
from nightlatch.detect.seen import OF_THIS_PROCESS
from nightlatch.exchange.exchange import Caller
from nightlatch.exchange.standing import Standing

NEWCOMERS = "newcomers"
"""The circle of all callers that are not known at the endpoint (`Suspicions.known`)."""
CAPACITY = 50_000
"""Entries held; the one entered first goes first."""
_EVERYWHERE = ""
_PASS = "pass:"
"""What has paid is no longer one of many: it is judged by what it does itself."""


class Suspicion(Struct, frozen=True, gc=False):
    reason: str
    """The evidence in words."""
    until: float
    convicts: bool
    """To be refused; otherwise challenged: whoever shares the circle can still be served."""
    price: int = 0
    """Of the challenge; 0: the default."""
    newcomers: bool = False
    """It is about nobody in particular: all newcomers wait."""

    def standing(self, *, stranger: bool) -> Standing:
        """What it says of a caller it is about."""
        if not self.convicts:
            return Standing(stranger=stranger, challenge=self.reason, price=self.price)
        return Standing(
            stranger=stranger,
            convicted=True,
            conviction=self.reason,
            closed_to_newcomers=self.newcomers,
        )


class Suspicions:
    def __init__(self, capacity: int = CAPACITY, key: bytes = OF_THIS_PROCESS) -> None:
        """`key` is the installation's, for what the next process shall know."""
        self._capacity = capacity
        self._entries: OrderedDict[tuple[str, str], Suspicion] = OrderedDict()
        self.known = Known(key=key)
        """Who is no newcomer, and where."""
        self.tell: Callable[[str, str, Suspicion | None], None] | None = None
        """Tells other processes of circle, endpoint and what holds now."""

    def enter(self, circle: str, suspicion: Suspicion, endpoint: str = _EVERYWHERE) -> None:
        """Against one circle or `NEWCOMERS`, at one endpoint or at all of them."""
        self.hear(circle, endpoint, suspicion)
        if self.tell is not None:
            self.tell(circle, endpoint, suspicion)

    def lift(self, circle: str, endpoint: str = _EVERYWHERE) -> None:
        self.hear(circle, endpoint, None)
        if self.tell is not None:
            self.tell(circle, endpoint, None)

    def hear(self, circle: str, endpoint: str, suspicion: Suspicion | None) -> None:
        """What holds now, as this process or another found."""
        key = (endpoint, circle)
        if suspicion is None:
            self._entries.pop(key, None)
            return
        if key not in self._entries and len(self._entries) >= self._capacity:
            self._entries.popitem(last=False)
        self._entries[key] = suspicion

    def about(self, caller: Caller, endpoint: str, now: float) -> Suspicion | None:
        """The gravest that holds now; a caller that holds a pass is challenged for none of them."""
        if not self._entries:
            return None
        found = None
        for circle in caller.circles:
            for place in (endpoint, _EVERYWHERE):
                entry = self._entries.get((place, circle))
                if entry is not None and now < entry.until and (found is None or entry.convicts):
                    found = entry
        found = found or self._of_newcomers(caller, endpoint, now)
        if found is None or found.convicts or not caller.circles[0].startswith(_PASS):
            return found
        return None

    def __len__(self) -> int:
        return len(self._entries)

    def _of_newcomers(self, caller: Caller, endpoint: str, now: float) -> Suspicion | None:
        entry = self._entries.get((endpoint, NEWCOMERS))
        if entry is None or now >= entry.until or self.known.knows(endpoint, caller):
            return None
        if entry.convicts and self.known.knows(ANYWHERE, caller):
            # Who just signed up is none of those who try other people's accounts.
            return replace(entry, convicts=False)
        return entry
