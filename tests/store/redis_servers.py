"""Real Redis servers on loopback, from the system's packages: one alone, and a cluster of six."""

import random
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import hiredis
import pytest
from tests.servers import eventually, free_port

from nightlatch.store.sharing import Sharing

SERVER = shutil.which("redis-server") or shutil.which("valkey-server")
needs_redis = pytest.mark.skipif(
    SERVER is None, reason="NOT RUN: no redis-server here; install the package 'redis-server'"
)
NODES = 6
Join = Callable[[], Sharing]
"""Makes one more process of a service."""


class RedisServer:
    """One process, and a plain connection to it that shares no code with what is tested."""

    def __init__(self, directory: Path, port: int, options: Sequence[str] = ()) -> None:
        self.port = port
        self._directory = directory
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        assert SERVER is not None
        command = [SERVER, "--port", str(self.port), "--bind", "127.0.0.1", "--dir"]
        quiet = ["--save", "", "--appendonly", "no", "--loglevel", "warning"]
        log = self._directory / f"redis-{self.port}.log"
        self._process = subprocess.Popen(
            [*command, str(self._directory), *quiet, "--logfile", str(log), *self._options]
        )
        eventually(self.answers, pause=0.01)

    def answers(self) -> bool:
        try:
            return self.ask("PING") in (b"PONG", "PONG")
        except OSError:
            return False

    def ask(self, *words: str | int) -> Any:
        """One command; an error is returned as a value."""
        port = self.port
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall(hiredis.pack_command(words))  # type: ignore[arg-type]
            reader = hiredis.Reader()
            while (answer := reader.gets()) is False:
                data = connection.recv(65_536)
                if not data:
                    raise ConnectionError("closed")
                reader.feed(data)
            return answer

    def freeze(self) -> None:
        """Connected, and silent."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """At once, as a power cut does: what it held is lost."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def refresh(self) -> None:
        """As new: empty, awake, and with room."""
        self.thaw()
        if not self.answers():
            self.start()
        self.ask("REPLICAOF", "NO", "ONE")
        self.ask("CONFIG", "SET", "maxmemory", "0")
        self.ask("FLUSHALL")


@contextmanager
def redis_server(*options: str) -> Iterator[RedisServer]:
    with tempfile.TemporaryDirectory() as directory:
        server = RedisServer(Path(directory), free_port(), options)
        try:
            yield server
        finally:
            server.stop()


class RedisCluster:
    """Three primaries, each with a replica."""

    def __init__(self, nodes: Sequence[RedisServer]) -> None:
        self.nodes = nodes
        self._meet()

    @property
    def url(self) -> str:
        """Of one node; the others are learned."""
        return self.nodes[0].url

    def ask_any(self, *words: str | int) -> Any:
        return next(node for node in self.nodes if node.answers()).ask(*words)

    @property
    def healthy(self) -> bool:
        return all(b"cluster_state:ok" in node.ask("CLUSTER", "INFO") for node in self.nodes)

    @property
    def replicated(self) -> bool:
        """Every primary could be lost."""
        return all(len(one) == 4 for one in self.ask_any("CLUSTER", "SLOTS"))

    def primary_of(self, slot: int) -> RedisServer:
        for first, last, primary, *_ in self.ask_any("CLUSTER", "SLOTS"):
            if first <= slot <= last:
                return next(node for node in self.nodes if node.port == primary[1])
        raise AssertionError("a slot without a primary")

    def _meet(self) -> None:
        """What `redis-cli --cluster create` does, with other waiting times."""
        nodes = self.nodes
        bounds = [0, 5_461, 10_923, 16_384]
        for number, node in enumerate(nodes):
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for number, node in enumerate(nodes[:3]):
            node.ask("CLUSTER", "ADDSLOTSRANGE", bounds[number], bounds[number + 1] - 1)
        # Everybody meets everybody: waiting for gossip takes ten seconds.
        for one, other in combinations(nodes, 2):
            one.ask("CLUSTER", "MEET", "127.0.0.1", other.port)
        _soon(lambda: all(b"known_nodes:6" in node.ask("CLUSTER", "INFO") for node in nodes))
        for primary, replica in zip(nodes[:3], nodes[3:], strict=True):
            name = primary.ask("CLUSTER", "MYID").decode()
            _soon(partial(_follows, replica, name))
        _soon(lambda: self.healthy)


def _follows(replica: RedisServer, primary: str) -> bool:
    answer: bytes = replica.ask("CLUSTER", "REPLICATE", primary)
    return answer == b"OK"


def _soon(holds: Callable[[], Any]) -> Any:
    return eventually(holds, pause=0.05)


@contextmanager
def redis_cluster() -> Iterator[RedisCluster]:
    with ExitStack() as stack:
        options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1000")
        started = [stack.enter_context(_node(options)) for _ in range(NODES)]
        yield RedisCluster(started)


@contextmanager
def _node(options: Sequence[str]) -> Iterator[RedisServer]:
    port = _cluster_port()
    config = ("--cluster-config-file", f"nodes-{port}.conf", "--repl-diskless-sync-delay", "0")
    with tempfile.TemporaryDirectory() as directory:
        server = RedisServer(Path(directory), port, (*options, *config))
        try:
            yield server
        finally:
            server.stop()


def _cluster_port() -> int:
    """A free port whose bus port, 10,000 further, is free as well."""
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as probe, socket.socket() as bus, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            bus.bind(("127.0.0.1", port + 10_000))
            return port
