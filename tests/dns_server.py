"""A real DNS server on loopback, over UDP, with the zones that a test gives it."""

import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.reversename
import dns.rrset
from dns.resolver import Resolver


class DnsServer:
    """Answers from `pointers` and `addresses`; names in `silent` are never answered, those in
    `broken` with SERVFAIL."""

    def __init__(self) -> None:
        self.pointers: dict[str, list[str]] = {}
        """By address: the names it has."""
        self.addresses: dict[str, list[str]] = {}
        """By name, with its last dot: the addresses it has."""
        self.silent: set[str] = set()
        self.broken: set[str] = set()
        self.delay = 0.0
        self.asked: Counter[str] = Counter()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def resolver(self) -> Resolver:
        resolver = Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = self._socket.getsockname()[1]
        resolver.timeout = 0.3
        return resolver

    def close(self) -> None:
        # An empty datagram ends the thread, which waits for the next one.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        while True:
            data, client = self._socket.recvfrom(4096)
            if not data:
                return
            time.sleep(self.delay)
            query = dns.message.from_wire(data)
            name = query.question[0].name.to_text()
            self.asked[name] += 1
            if name not in self.silent:
                self._socket.sendto(self._answer(query, name).to_wire(), client)

    def _answer(self, query: dns.message.Message, name: str) -> dns.message.Message:
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if name in self.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
            return answer
        texts, kind = self._records(query, name)
        if texts is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif texts:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *texts))
        return answer

    def _records(self, query: dns.message.Message, name: str) -> tuple[list[str] | None, str]:
        """None: there is no such name; empty: none of this kind."""
        kind = query.question[0].rdtype.name
        if kind == "PTR":
            address = dns.reversename.to_address(query.question[0].name)
            return self.pointers.get(address), kind
        found = self.addresses.get(name)
        if found is None:
            above = any(known.endswith("." + name) for known in self.addresses)
            return [] if above else None, kind
        return [one for one in found if (":" in one) == (kind == "AAAA")], kind


@contextmanager
def dns_server() -> Iterator[DnsServer]:
    server = DnsServer()
    try:
        yield server
    finally:
        server.close()
