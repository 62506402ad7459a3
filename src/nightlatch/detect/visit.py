"""One exchange as the detectors see it: who, where, and what is known of both."""

from msgspec import Struct

from nightlatch.detect.callers import Key
from nightlatch.detect.door import Door
from nightlatch.detect.history import History
from nightlatch.exchange.exchange import Caller
from nightlatch.identity.passes import CIRCLE as PASS


class Visit(Struct, gc=False):
    door: Door
    key: Key
    """(endpoint key, circle that counts as one caller)."""
    history: History
    network_circle: str
    network: History | None
    """The wider circle; None for callers with a proven credential and for passes."""
    stranger: bool
    now: float
    suspect: bool = False
    """Not known from before the walk that is on, as far as this exchange is not counted."""
    news: bool = False
    """This exchange added something to the caller's history."""
    fresh: bool = False
    """It asks for somebody nobody had asked for here."""
    near: bool | None = None
    """The one number it asks for is next to another; None while that is not known."""
    travelled: bool = False
    """The address has been at other endpoints as well."""
    payer: History | None = None
    """Of the address or principal that was challenged, when a pass speaks for the caller."""

    @property
    def bare(self) -> bool:
        """Nothing explains why this caller asks for these people: not even its way here, when those
        who walk come by one."""
        return self.fresh and (not self.travelled or self.door.walk.feigned)

    @property
    def newcomer(self) -> bool:
        """Without a clean history from before the walk, whatever credential it has: a fake account
        is as cheap as an address."""
        return not self.history.clean_before(self.door.walk.began_turn)


def pass_of(caller: Caller) -> str:
    """The circle of the pass that the caller presented, or ""."""
    narrowest = caller.circles[0]
    return narrowest if narrowest.startswith(PASS) else ""


def own_circle(caller: Caller, *, stranger: bool) -> str:
    """The circle that counts as one caller. A stranger is known by its address, since an endpoint
    that answers anyone would give each invented key or cookie a budget of its own."""
    if stranger:
        return address_of(caller)
    circles = caller.circles
    return circles[1] if circles[0].startswith(PASS) and len(circles) > 1 else circles[0]


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
