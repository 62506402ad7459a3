"""Past records leave by the command line: to files, pipes and servers, and back again."""

import json
import os
import stat
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.app.test_listeners import listening, port_of
from tests.capture.intakes import RememberingIntake
from tests.records import record
from tests.servers import collector, eventually, free_port, nightlatch
from typer.testing import CliRunner

from nightlatch.capture.har import read_har
from nightlatch.cli import cli
from nightlatch.cli.output import Refusal
from nightlatch.exchange.judgement import Finding, Level
from nightlatch.respond.recorder import Recorder
from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.sqlite_documents import SQLiteDocuments

FOUND = (Finding("personal-data-to-strangers", Level.HIGH, "A phone number left."),)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with 450 exchanges of the last minutes, a tenth of them grave."""
    for name in list(os.environ):
        if name.startswith("NIGHTLATCH_") and name != "NIGHTLATCH_RAISE":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    data, now = tmp_path / ".nightlatch", time.time()
    with (
        closing(DuckDBEvents(data / "events.duckdb")) as events,
        closing(SQLiteDocuments(data / "documents.sqlite")) as documents,
    ):
        recorder = Recorder(events, documents, notifiers=())
        recorder.take([_numbered(number, now) for number in range(450)])
        recorder.close(now)
    return tmp_path


def _numbered(number: int, now: float) -> Any:
    grave = {"level": Level.HIGH, "findings": FOUND} if number % 10 == 0 else {}
    return record(number, at=now - 450 + number, path=f"/{number}", **grave)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["export", *arguments])
    assert result.exception is None, result.exception
    return result.stdout


def refused(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["export", *arguments])
    assert isinstance(result.exception, Refusal), result.output
    return str(result.exception)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_everything_leaves_newest_first() -> None:
    told = lines(run())
    exchanges = [one["exchange"]["path"] for one in told if one["event"] == "exchange"]
    assert exchanges == [f"/{number}" for number in reversed(range(450))]
    assert [one["event"] for one in told].count("finding") == 45


@pytest.mark.slow
def test_what_is_wanted_leaves_and_how_much_is_told(place: Path) -> None:
    told = run("--where", "level >= medium", "--to", str(place / "out"), "--json")
    assert json.loads(told) == {"records": 45, "events": 90, "unwanted": 0}
    assert len((place / "out").read_text().splitlines()) == 90


@pytest.mark.slow
def test_no_more_than_asked_for_and_no_older() -> None:
    assert len(lines(run("--limit", "7", "--where", "level = low"))) == 7
    assert 0 < len(lines(run("--since", "1m", "--where", "level = low"))) <= 54


@pytest.mark.slow
@pytest.mark.parametrize("form", ["ocsf", "ecs", "cef", "gelf", "otlp", "jsonl"])
def test_every_format(form: str) -> None:
    assert len(run("--format", form).splitlines()) == 495


def test_har_comes_back(place: Path) -> None:
    file = place / "some.har"
    run("--format", "har", "--where", "level = high", "--to", str(file))
    rejected: list[Any] = []
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    seen = list(read_har(file.read_bytes(), "shop", lambda *one: rejected.append(one)))
    assert rejected == []
    assert sorted(one.request.path for one in seen) == sorted(f"/{n}" for n in range(0, 450, 10))
    assert {one.request.host for one in seen} == {"api.example"}


def test_gelf_leaves_for_a_server() -> None:
    intake = RememberingIntake()
    with listening(intake, gelf_listen=("tcp://127.0.0.1:0",)) as listeners:
        run("--format", "gelf", "--to", f"tcp://127.0.0.1:{port_of(listeners)}")
        eventually(lambda: len(intake.seen) == 450, pause=0.02)
    assert intake.rejected == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--format", "osf"), "did you mean ocsf?"),
        (("--where", "levle = high"), "--where: column 1"),
        (("--since", "soon"), "15m"),
        (("--to", "ftp://x.example/"), "ftp://x.example/"),
        (("--format", "har", "--to", "http://x.example/"), "one file"),
        (("--to", "/no/such/directory/out"), "/no/such/directory/out"),
        (("--format", "har", "--to", "/no/such/directory/out"), "/no/such/directory/out"),
        (("--format", "har", "--to", "/dev/full"), "No space left"),
    ],
)
def test_mistakes_are_told(arguments: tuple[str, ...], word: str) -> None:
    assert word in refused(*arguments)


def test_where_there_is_nothing_that_is_said(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path.parent)
    assert "There is no data" in refused("--since", "1h")


@pytest.mark.slow
def test_beside_a_collector_and_live(place: Path) -> None:
    """While `nightlatch up` has the records, they come from it; and what it takes in leaves."""
    live, port = place / "live.ndjson", free_port()
    settings = {
        "EXPORTS_TO": f"jsonl file:{live}",
        "GELF_LISTEN": f"udp://127.0.0.1:{port}",
        "GELF_SERVICE": "shop",
    }
    with collector(place, 0, **settings) as server:
        told = nightlatch(place, "export", "--limit", "450", URL=server.url)
        assert told.returncode == 0, told.stderr
        assert len(lines(told.stdout)) == 495
        nightlatch(place, "export", "--format", "gelf", "--limit", "20", "--to",
                   f"udp://127.0.0.1:{port}", URL=server.url)  # fmt: skip
        eventually(lambda: live.exists() and len(live.read_text().splitlines()) >= 20)
    exchanges = [one["exchange"] for one in lines(live.read_text()) if one["event"] == "exchange"]
    assert len(exchanges) == 20
    assert {one["service"] for one in exchanges} == {"shop"}
    assert {one["source"] for one in exchanges} == {"gelf"}
