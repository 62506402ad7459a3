"""Where else a caller has been: an app opens in several places, a list is fed into one.

Who registers, opens a profile and then looks something up is explained by that, also when nobody
ever saw it before and everybody comes at once. It is a weak sign: a second request per address buys
it. So it opens no door that a budget does not close; it tells the day of a launch from a list.
"""

GENERATION = 50_000
"""Addresses remembered, twice."""


class Journeys:
    __slots__ = ("_old", "_young")

    def __init__(self) -> None:
        self._young: dict[str, tuple[str, float]] = {}
        self._old: dict[str, tuple[str, float]] = {}
        """Address → the only endpoint it asked at, or "" for more than one; and since when."""

    def pass_by(self, address: str, endpoint_key: str, now: float) -> None:
        found = self._young.get(address)
        if found is not None:
            if found[0] and found[0] != endpoint_key:
                self._young[address] = ("", found[1])
            return
        only, since = self._old.get(address) or (endpoint_key, now)
        if len(self._young) >= GENERATION:
            self._old, self._young = self._young, {}
        self._young[address] = (only if only == endpoint_key else "", since)

    def since(self, address: str) -> float | None:
        """When an address that asked at several endpoints first came; None for all others."""
        found = self._young.get(address) or self._old.get(address)
        return None if found is None or found[0] else found[1]
