"""Which programs shake hands how: learned from traffic, by JA4 fingerprint of the TLS handshake.

A JA4 names a TLS library and its version, not a program, and every release of a browser may bring a
new one. So a fingerprint that was never seen says nothing. One that is known, from many addresses,
as that of quite another program does.
"""

from collections import Counter, OrderedDict

from nightlatch.identity.browser_headers import Sign

CAPACITY = 4_096
"""Fingerprints that are remembered; the one that was quiet longest goes first."""
ADDRESSES = 256
"""Addresses of one fingerprint that are counted."""
ENOUGH = 20
"""Addresses that must have shown a fingerprint before it is held against one."""
SHARE = 0.95
"""Of these, the share that must have said they are another family."""


class _Seen:
    """Who showed one fingerprint: each address counts once, for the family it said first."""

    __slots__ = ("addresses", "families")

    def __init__(self) -> None:
        self.addresses: set[str] = set()
        self.families: Counter[str] = Counter()


class Handshakes:
    """Used by one thread."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

    def note(self, fingerprint: str, family: str, address: str) -> None:
        seen = self._seen.get(fingerprint)
        if seen is None:
            if len(self._seen) >= CAPACITY:
                self._seen.popitem(last=False)
            seen = self._seen[fingerprint] = _Seen()
        else:
            self._seen.move_to_end(fingerprint)
        if address not in seen.addresses and len(seen.addresses) < ADDRESSES:
            seen.addresses.add(address)
            seen.families[family] += 1

    def sign(self, fingerprint: str, family: str) -> Sign | None:
        """What speaks against `family` in this handshake."""
        seen = self._seen.get(fingerprint)
        if seen is None:
            return None
        total = seen.families.total()
        usual, times = seen.families.most_common(1)[0]
        if usual == family or total < ENOUGH or times < SHARE * total:
            return None
        return Sign(f"a TLS handshake that {times} of {total} addresses have for {usual}", 0.8)
