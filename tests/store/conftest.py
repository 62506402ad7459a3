"""Servers that the store's tests share: started once, and only when a test asks for them."""

from collections.abc import Iterator

import pytest
from tests.store.redis_servers import (
    Join,
    RedisCluster,
    RedisServer,
    redis_cluster,
    redis_server,
)

from nightlatch.store.redis_address import read_address
from nightlatch.store.sharing import Sharing


@pytest.fixture(scope="session")
def _one_server() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture
def server(_one_server: RedisServer) -> RedisServer:
    """A single Redis, empty."""
    _one_server.refresh()
    return _one_server


@pytest.fixture
def join(server: RedisServer) -> Iterator[Join]:
    """What each process of the service has, here several times in one."""
    joined: list[Sharing] = []

    def one() -> Sharing:
        sharing = Sharing(read_address(server.url), "shop")
        joined.append(sharing)
        assert sharing.start(5.0)
        return sharing

    yield one
    for sharing in joined:
        sharing.close()


@pytest.fixture(scope="session")
def cluster() -> Iterator[RedisCluster]:
    with redis_cluster() as one:
        yield one
