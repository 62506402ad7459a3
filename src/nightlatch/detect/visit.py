"""One exchange as the detectors see it: who, where, and what is known of both."""

from msgspec import Struct

from nightlatch.detect.callers import Key
from nightlatch.detect.door import Door
from nightlatch.detect.history import History
from nightlatch.exchange.exchange import Caller


class Visit(Struct, gc=False):
    door: Door
    key: Key
    """(endpoint key, circle that counts as one caller)."""
    history: History
    network_circle: str
    network: History | None
    """The wider circle; None for callers with a proven credential."""
    stranger: bool
    now: float
    suspect: bool = False
    """A newcomer during a walk, before this exchange was taken into account."""
    news: bool = False
    """This exchange added something to the caller's history."""

    @property
    def newcomer(self) -> bool:
        """A stranger without a clean history from before the walk."""
        return self.stranger and not self.history.clean_before(self.door.walk.began_turn)


def address_of(caller: Caller) -> str:
    """The caller's `address:` circle, which counts as one stranger; the narrowest without one."""
    circles = caller.circles
    for circle in circles:
        if circle.startswith("address:"):
            return circle
    return circles[0]


def network_of(caller: Caller) -> str:
    """The caller's `network:` circle; the widest where it has none."""
    return caller.circles[-1]
