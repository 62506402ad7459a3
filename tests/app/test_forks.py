"""Servers that load the application first and fork afterwards."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.servers import (
    PATIENCE,
    Server,
    collector,
    environment,
    eventually,
    free_port,
    metrics,
    outcomes,
    running,
)

from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.ports import EventQuery

pytestmark = pytest.mark.slow


@contextmanager
def preloaded(place: Path, **settings: str) -> Iterator[Server]:
    """gunicorn, two workers forked from a master that has loaded everything."""
    port = free_port()
    target = ["-b", f"127.0.0.1:{port}", "-w", "2", "-k", "asgi", "--preload"]
    command = ["gunicorn", *target, "--graceful-timeout", "5", "tests.app.plain_shop:wrapped_app"]
    with running(command, port, place, **settings) as server:
        yield server


def visit(server: Server, number: int) -> None:
    for one in range(number):
        assert server.get(f"/v1/users/1201555{one:04}/status").text == "plain"


def test_each_forked_worker_ships_its_own(tmp_path: Path) -> None:
    with collector(tmp_path) as up, preloaded(tmp_path, URL=up.url, SERVICE="shop") as server:
        visit(server, 40)
        eventually(lambda: outcomes(up)["recorded"] == 40)
        # Both workers; the master has no traffic, and so no agent.
        eventually(lambda: metrics(up).get("nightlatch_agents{service=shop}") == 2)
        assert server.stop() == 0
        assert outcomes(up)["recorded"] == 40
        assert sum(outcomes(up).values()) == 40


def test_one_of_several_workers_keeps_the_files_and_the_others_say_so(tmp_path: Path) -> None:
    with preloaded(tmp_path) as server:
        # Until both workers have had something to do.
        while "is held by another process" not in server.said:
            visit(server, 5)
        assert "Set NIGHTLATCH_URL" in server.said
        assert server.stop() == 0
        assert "Traceback" not in server.said
    with closing(DuckDBEvents(tmp_path / ".nightlatch" / "events.duckdb")) as events:
        assert len(events.search(EventQuery(limit=1_000))) == events.count(EventQuery())


def test_tasks_of_celery_are_recorded(tmp_path: Path) -> None:
    for folder in ("queue", "control"):
        (tmp_path / folder).mkdir()
    with collector(tmp_path) as up:
        settings = environment(URL=up.url, SERVICE="jobs") | {"CELERY_PLACE": str(tmp_path)}
        celery = [sys.executable, "-m", "celery", "-A", "tests.app.tasks:celery_app"]
        log = tmp_path / "celery.log"
        with log.open("wb") as output:
            worker = subprocess.Popen(
                [*celery, "worker", "-P", "prefork", "-c", "2", "--without-gossip"],
                cwd=tmp_path,
                env=settings,
                stdout=output,
                stderr=output,
            )
        try:
            orders = "from tests.app.tasks import look_up\nfor n in range(12): look_up.delay(n)"
            subprocess.run(
                [sys.executable, "-c", orders],
                cwd=tmp_path, env=settings, check=True, timeout=PATIENCE,
            )  # fmt: skip
            eventually(lambda: outcomes(up).get("recorded") == 12)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(PATIENCE) == 0, log.read_text()
        finally:
            worker.kill()
            worker.wait()
        assert sum(outcomes(up).values()) == 12


_FORK = """
import os, sys
from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.ports import EventQuery, StoreFailed
from nightlatch.store.sqlite_documents import SQLiteDocuments
from tests.store.records import record

events = DuckDBEvents(path)
documents = SQLiteDocuments(path.with_name("documents.sqlite"))
events.append([record(number) for number in range(100)])
documents.put_state("before", b"1")
child = os.fork()
if child == 0:
    for use in (lambda: events.count(EventQuery()), lambda: documents.state("before")):
        try:
            use()
        except StoreFailed as reason:
            assert "closed" in str(reason)
        else:
            sys.exit(3)
    events.close()
    documents.close()
    del events, documents
    sys.exit(0)
_, status = os.waitpid(child, 0)
events.append([record(number) for number in range(100, 200)])
documents.put_state("after", b"2")
print(os.waitstatus_to_exitcode(status), events.count(EventQuery()), flush=True)
os._exit(0)
"""


def test_a_childs_end_does_not_touch_the_parents_files(tmp_path: Path) -> None:
    path = tmp_path / "events.duckdb"
    script = f"from pathlib import Path\npath = Path({str(path)!r})\n{_FORK}"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["0", "200"], done.stderr
    # The parent went without closing anything: what it had acknowledged is on disk.
    with closing(DuckDBEvents(path)) as events:
        assert events.count(EventQuery()) == 200
    assert (tmp_path / "documents.sqlite").stat().st_size > 0
