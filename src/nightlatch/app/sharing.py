"""What this process keeps together with others: opened when a Redis is configured."""

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from nightlatch.detect.suspicions import Suspicion, Suspicions
from nightlatch.settings import Settings
from nightlatch.store.memory_counters import MemoryCounters
from nightlatch.store.ports import CounterStore, SharedCounts
from nightlatch.store.redis_address import RedisAddress, read_address

if TYPE_CHECKING:
    from nightlatch.store.shared_news import SharedNews
    from nightlatch.store.sharing import Sharing

_SUSPICION = "suspicion"


def counters_address(settings: Settings) -> RedisAddress:
    """Raises ValueError for a URL that says nothing."""
    given = settings.counters
    return read_address(given.url, given.password, given.authority)


def open_sharing(settings: Settings) -> "Sharing | None":
    """None without a Redis: then every process counts for itself."""
    if not settings.counters.url:
        return None
    # Late: without a Redis, none of it is needed.
    from nightlatch.store.sharing import Sharing

    interval = settings.counters.interval_ms / 1_000
    return Sharing(counters_address(settings), settings.service, interval)


class Shared(Struct, frozen=True):
    """The parts of detection that are kept together."""

    counters: CounterStore
    counts: SharedCounts | None = None


def share(sharing: "Sharing | None", suspicions: Suspicions) -> Shared:
    """Begin to share. A Redis that is not there yet is waited for a second, then in the back."""
    if sharing is None:
        return Shared(MemoryCounters())
    from nightlatch.store.shared_news import SharedFlags

    flags = SharedFlags(sharing.news)
    _share_suspicions(sharing.news, suspicions)
    sharing.start()
    return Shared(flags, sharing.counts)


class _Told(Struct, array_like=True):
    circle: str
    endpoint: str
    suspicion: Suspicion | None


def _share_suspicions(news: "SharedNews", suspicions: Suspicions) -> None:
    decode = msgspec.msgpack.Decoder(_Told).decode

    def tell(circle: str, endpoint: str, suspicion: Suspicion | None) -> None:
        news.tell(_SUSPICION, msgspec.msgpack.encode(_Told(circle, endpoint, suspicion)))

    def hear(told: bytes) -> None:
        one = decode(told)
        suspicions.hear(one.circle, one.endpoint, one.suspicion)

    suspicions.tell = tell
    news.subscribe(_SUSPICION, hear)
