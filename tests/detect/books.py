"""Shared by the room's tests: callers and look-ups by number."""

from collections.abc import Iterable
from hashlib import blake2b

from nightlatch.exchange.disclosure import DataClass, Disclosure, Subject
from nightlatch.exchange.exchange import Caller
from nightlatch.store.memory_counters import MemoryCounters
from nightlatch.store.ports import StoreFailed

NOW = 1_700_000_000.0
ENDPOINT = "GET /users/{phone}"


class BrokenCounters(MemoryCounters):
    """A counter store that is gone."""

    def flag(self, key: str, now: float) -> str | None:
        raise StoreFailed("the store is gone")

    def set_flag(self, key: str, value: str, now: float, ttl: float) -> None:
        raise StoreFailed("the store is gone")


def digest(number: int) -> bytes:
    return blake2b(number.to_bytes(8, "big"), digest_size=8).digest()


def digests(numbers: Iterable[int]) -> list[bytes]:
    return [digest(number) for number in numbers]


def subject(number: int, shape: int | None = None) -> Subject:
    return Subject(digest(number), DataClass.PHONE, shape)


def look_up(number: int, *, hit: bool) -> Disclosure:
    asked = (subject(number),)
    return Disclosure(asked, asked if hit else (), hit)


def bulk(numbers: Iterable[int], hits: Iterable[int]) -> Disclosure:
    gone = tuple(subject(number) for number in hits)
    return Disclosure(tuple(subject(number) for number in numbers), gone, bool(gone))


def caller(number: int, *, network: int | None = None) -> Caller:
    host = number % 250
    block = number // 250 if network is None else network
    prefix = f"10.{block // 250}.{block % 250}"
    address = f"{prefix}.{host}"
    return Caller(address, (f"address:{address}", "headers:app", f"network:{prefix}.0/24"))
