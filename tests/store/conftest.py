"""Servers that the store's tests share: started once, and only when a test asks for them."""

from collections.abc import Iterator

import pytest
from tests.store.redis_servers import RedisCluster, RedisServer, redis_cluster, redis_server


@pytest.fixture(scope="session")
def _one_server() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture
def server(_one_server: RedisServer) -> RedisServer:
    """A single Redis, empty."""
    _one_server.refresh()
    return _one_server


@pytest.fixture(scope="session")
def cluster() -> Iterator[RedisCluster]:
    with redis_cluster() as one:
        yield one
