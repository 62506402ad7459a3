"""Which circle counts as one caller."""

from nightlatch.detect.behaviour import Sighting
from nightlatch.detect.visit import address_of

EVERYONE = "everyone"
"""The circle of a detection that concerns no caller more than another."""


def asker(sighting: Sighting) -> str:
    """The narrowest circle that the caller cannot choose: what it proved or paid for (a principal,
    a credential, a pass), else its address."""
    caller = sighting.exchange.caller
    first = caller.circles[0]
    if not sighting.stranger or first.startswith("pass:"):
        return first
    return address_of(caller)
