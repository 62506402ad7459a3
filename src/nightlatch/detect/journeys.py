"""Where else a caller has been: an app opens in several places, a list is fed into one.

Who registers, opens a profile and then looks something up is explained by that, also when nobody
ever saw it before and everybody comes at once. It is a weak sign: a second request per address buys
it. So it opens no door that a budget does not close; it tells the day of a launch from a list.
"""

GENERATION = 100_000
"""Addresses remembered, twice."""


class Journeys:
    __slots__ = ("_old", "_young")

    def __init__(self) -> None:
        self._young: dict[str, str] = {}
        self._old: dict[str, str] = {}
        """Address → the only endpoint it asked at, or "" for more than one."""

    def pass_by(self, address: str, endpoint_key: str) -> None:
        first = self._young.get(address)
        if first == "" or first == endpoint_key:
            return
        if first is None:
            first = self._old.get(address, endpoint_key)
            if len(self._young) >= GENERATION:
                self._old, self._young = self._young, {}
        self._young[address] = first if first == endpoint_key else ""

    def several(self, address: str) -> bool:
        """Whether it asked at more than one endpoint."""
        found = self._young.get(address)
        return (self._old.get(address) if found is None else found) == ""
