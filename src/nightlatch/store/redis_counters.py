"""Counters on Redis 7, Valkey or a cluster of them: what several machines count together.

An entry's end is kept inside it and compared with the `now` of each call: time is an argument here
as everywhere. Redis' own expiry only clears away what nobody asks for any more. All keys of one
name share a hash tag, `{nl:name}`, so that a cluster keeps them on one server and one script can
change them in one step.
"""

import time
from collections.abc import Iterable

from nightlatch.store.ports import StoreFailed
from nightlatch.store.redis_address import Node
from nightlatch.store.redis_nodes import RedisNodes
from nightlatch.store.redis_questions import Answer
from nightlatch.store.redis_scripts import (
    ADD_DISTINCT,
    CLEAR,
    COUNT_DISTINCT,
    INCREMENT,
    keep_for,
    name_of,
    signed,
)

DEADLINE = 0.005
"""Seconds that a caller waits at most."""
CHUNK = 1_000
"""Members in one script: Redis does nothing else meanwhile."""
_EVICTED_EVERY = 1.0


class RedisCounters:
    """A CounterStore. Every call waits for the answer, `deadline` seconds at most; then, and while
    the server is slow, full or gone, it raises StoreFailed at once."""

    def __init__(self, nodes: RedisNodes, deadline: float = DEADLINE) -> None:
        self._nodes = nodes
        self._deadline = deadline
        self._evicted: dict[Node, tuple[int, int]] = {}
        """By server: keys it had evicted when first asked, and when last asked."""
        self._evicted_at = 0.0
        self._ask_evicted()

    def add_distinct(self, key: str, members: Iterable[int], now: float, ttl: float) -> int:
        name = name_of(key)
        keys = (name + b":e", name + b":s", name + b":h")
        words = [signed(member) for member in members]
        count = 0
        for start in range(0, max(1, len(words)), CHUNK):
            head = (now, now + ttl, keep_for(ttl))
            chunk = words[start : start + CHUNK]
            count = int(self._nodes.call(ADD_DISTINCT, keys, (*head, *chunk), self._deadline))
        return count

    def distinct(self, key: str, now: float) -> int:
        name = name_of(key)
        keys = (name + b":e", name + b":s", name + b":h")
        return int(self._nodes.call(COUNT_DISTINCT, keys, (now,), self._deadline))

    def increment(self, key: str, by: int, now: float, ttl: float) -> int:
        words = (now, now + ttl, keep_for(ttl), by)
        return int(self._nodes.call(INCREMENT, (name_of(key) + b":c",), words, self._deadline))

    def count(self, key: str, now: float) -> int:
        name = name_of(key) + b":c"
        ends, count = self._nodes.ask(name, ("HMGET", name, "e", "n"), self._deadline)
        return int(count) if ends is not None and now < float(ends) else 0

    def set_flag(self, key: str, value: str, now: float, ttl: float) -> None:
        name = name_of(key) + b":f"
        text = f"{now + ttl!r} {value}".encode("utf-8", "surrogatepass")
        self._nodes.ask(name, ("SET", name, text, "PX", keep_for(ttl)), self._deadline)

    def flag(self, key: str, now: float) -> str | None:
        name = name_of(key) + b":f"
        found = self._nodes.ask(name, ("GET", name), self._deadline)
        if found is None:
            return None
        ends, _, value = found.partition(b" ")
        return value.decode("utf-8", "surrogatepass") if now < float(ends) else None

    def clear(self, key: str) -> None:
        name = name_of(key)
        keys = tuple(name + kind for kind in (b":e", b":s", b":h", b":c", b":f"))
        self._nodes.call(CLEAR, keys, (), self._deadline)

    @property
    def evicted(self) -> int:
        """As the servers said a moment ago: does not wait. Keys of others are counted too, where
        the servers hold any."""
        if time.monotonic() - self._evicted_at > _EVICTED_EVERY:
            self._ask_evicted()
        return sum(last - first for first, last in self._evicted.values())

    def _ask_evicted(self) -> None:
        self._evicted_at = time.monotonic()

        def take(node: Node, answer: Answer) -> None:
            if type(answer) is bytes:
                found = _figure(answer, b"evicted_keys")
                first, last = self._evicted.get(node, (found, found))
                # A server that was started anew counts from nothing.
                self._evicted[node] = (first - last, found) if found < last else (first, found)

        self._nodes.every(("INFO", "stats"), take, 1.0)


def _figure(info: bytes, name: bytes) -> int:
    for line in info.splitlines():
        if line.startswith(name + b":"):
            return int(line.partition(b":")[2])
    raise StoreFailed(f"Redis: its INFO has no {name.decode()}")
