"""Who may send: networks, because the protocols know nothing better."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_REMEMBERED = 4_096


class AllowList:
    """Raises ValueError that lists every entry which is no network."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks: list[IPv4Network | IPv6Network] = []
        wrong = []
        for text in networks:
            try:
                self._networks.append(ip_network(text, strict=False))
            except ValueError:
                wrong.append(text)
        if wrong:
            raise ValueError(f"no networks: {', '.join(wrong)}; write 192.0.2.0/24 or 192.0.2.7")
        self.admits = lru_cache(_REMEMBERED)(self._admits)

    def _admits(self, address: str) -> bool:
        one = ip_address(address.partition("%")[0])
        if isinstance(one, IPv6Address) and one.ipv4_mapped:
            one = one.ipv4_mapped
        return any(one.version == net.version and one in net for net in self._networks)
