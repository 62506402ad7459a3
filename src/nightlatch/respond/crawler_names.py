"""Verifies declared bots by DNS: from the address to a name of the operator's, and back again.

Whoever runs a network can give its addresses any name, so only the way back proves something: the
zone that answers it is the operator's own. Questions take milliseconds to seconds and are asked in
a thread of their own; until an answer is there, nothing is known.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import ip_address
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TYPE_CHECKING

from nightlatch.faults import guarded
from nightlatch.identity.crawlers import Crawler, belongs

if TYPE_CHECKING:
    from dns.resolver import Resolver

log = logging.getLogger("nightlatch")

HOUR = 3600.0
REMEMBERED = {True: 24 * HOUR, False: HOUR, None: 300.0}
"""Seconds that an answer holds; None: there was no answer to be had."""
CAPACITY = 8_192
"""Answers that are remembered; the oldest goes first."""
WAITING = 256
"""Questions that may wait; more are dropped, and come back with the next request."""
SECONDS = 4.0
"""That one question may take, with all its retries."""
MAX_NAMES = 4
"""Names of one address that are followed."""

_Key = tuple[str, str]


class CrawlerNames:
    """`ask` is for one thread; the answers come from another."""

    def __init__(self, make_resolver: Callable[[], "Resolver"] | None = None) -> None:
        self._make_resolver = make_resolver or _system_resolver
        self._answers: OrderedDict[_Key, tuple[bool | None, float]] = OrderedDict()
        self._stopped = Event()
        self.after_fork()

    def after_fork(self) -> None:
        """Begin anew: a child has no thread, and its parent's locks may be held for ever."""
        self._questions: Queue[tuple[Crawler, str, float]] = Queue(WAITING)
        self._pending: set[_Key] = set()
        self._thread: Thread | None = None

    def ask(self, crawler: Crawler, address: str, now: float) -> bool | None:
        """At once; None when it is not known yet, or cannot be."""
        key = (crawler.name, address)
        known = self._answers.get(key)
        if known is not None and 0 <= now - known[1] < REMEMBERED[known[0]]:
            return known[0]
        if key not in self._pending:
            self._enqueue(key, crawler, address, now)
        # An old answer is better than none until the new one is there.
        return known[0] if known is not None else None

    def close(self) -> None:
        self._stopped.set()

    def _enqueue(self, key: _Key, crawler: Crawler, address: str, now: float) -> None:
        self._pending.add(key)
        try:
            self._questions.put_nowait((crawler, address, now))
        except Full:
            self._pending.discard(key)
            return
        if self._thread is None:
            self._thread = Thread(target=self._run, name="nightlatch-dns", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        resolver = None
        while not self._stopped.is_set():
            try:
                crawler, address, now = self._questions.get(timeout=1.0)
            except Empty:
                continue
            key = (crawler.name, address)
            with guarded("respond.crawler_names"):
                resolver = resolver or self._make_resolver()
                self._remember(key, now, answer=confirm(resolver, crawler, address))
            self._pending.discard(key)

    def _remember(self, key: _Key, now: float, *, answer: bool | None) -> None:
        if len(self._answers) >= CAPACITY:
            self._answers.popitem(last=False)
        self._answers[key] = (answer, now)


def confirm(resolver: "Resolver", crawler: Crawler, address: str) -> bool | None:
    """Waits for DNS. False when it says that `address` is not the crawler's, None when it does not
    say."""
    from dns.exception import DNSException
    from dns.resolver import NXDOMAIN, NoAnswer

    try:
        pointers = resolver.resolve_address(address, lifetime=SECONDS)
    except (NXDOMAIN, NoAnswer):
        return False if _knows_the_world(resolver, crawler) else None
    except (DNSException, OSError, ValueError) as error:
        log.debug("No reverse name for %s: %s", address, error)
        return None
    names = [pointer.target.to_text() for pointer in pointers][:MAX_NAMES]
    answers = {_leads_back(resolver, name, address) for name in names if belongs(crawler, name)}
    if True in answers:
        return True
    return None if None in answers else False


def _knows_the_world(resolver: "Resolver", crawler: Crawler) -> bool:
    """In a closed network every question is answered with "no such name": also the one for the
    operator's own domain, by which it is known."""
    from dns.exception import DNSException
    from dns.resolver import NoAnswer

    try:
        resolver.resolve(crawler.suffixes[0], "NS", search=False, lifetime=SECONDS)
    except NoAnswer:
        return True
    except DNSException:
        return False
    return True


def _leads_back(resolver: "Resolver", name: str, address: str) -> bool | None:
    from dns.exception import DNSException
    from dns.resolver import NXDOMAIN, NoAnswer

    kind = "AAAA" if ":" in address else "A"
    try:
        found = resolver.resolve(name, kind, search=False, lifetime=SECONDS)
    except (NXDOMAIN, NoAnswer):
        return False
    except (DNSException, OSError) as error:
        log.debug("No address for %s: %s", name, error)
        return None
    return any(_same(one.address, address) for one in found)


def _same(one: str, other: str) -> bool:
    return ip_address(one) == ip_address(other)


def _system_resolver() -> "Resolver":
    # Late: where no bot declares itself, none of it is needed.
    from dns.resolver import LRUCache, Resolver

    resolver = Resolver()
    resolver.cache = LRUCache()
    return resolver
