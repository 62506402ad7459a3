"""`nightlatch import` from the outside: processes, files, and what is kept."""

import gzip
import json
import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.capture.logs.intakes import log_line
from tests.capture.test_har import entry, har
from tests.servers import PATIENCE, answer_of, collector, environment, eventually, nightlatch
from typer.testing import CliRunner

from nightlatch.cli import cli
from nightlatch.exchange.source import Part, SourceKind
from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.ports import EventQuery

LINES = 4_000
EVENTS = Path(".nightlatch") / "events.duckdb"


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["import", *arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        return 2, str(done.exception)
    return done.exit_code, done.stdout


def text(numbers: range) -> str:
    return "".join(log_line(f"/v1/users/4915112{number:06}/status", number) for number in numbers)


def records(place: Path) -> list[Any]:
    with closing(DuckDBEvents(place / EVENTS)) as events:
        return events.search(EventQuery(limit=100_000))


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_lists_and_explains_formats(house: Path) -> None:
    code, words = run("--formats")
    assert code == 0
    assert "nginx-combined" in words
    _, words = run("--formats", "--format", "caddy")
    assert "It cannot show" in words
    assert "log_credentials" not in words
    code, words = run("--formats", "--json")
    assert len(json.loads(words)) >= 24


def test_a_dry_run_shows_and_keeps_nothing(house: Path) -> None:
    (house / "access.log").write_text(text(range(10)))
    code, words = run("access.log", "--dry-run")
    assert code == 0
    assert "looks like nginx-combined" in words
    assert words.count("GET /v1/users/") == 3
    assert not (house / ".nightlatch").exists()
    code, words = run("access.log", "--dry-run", "--json")
    sample = json.loads(words)["sample"]
    assert [one["status"] for one in sample] == [200] * 3


@pytest.mark.slow
def test_imports_once_and_tells_what_it_found(house: Path) -> None:
    log = house / "access.log"
    log.write_text(text(range(60)) + "nonsense\n")
    code, words = run("access.log", "--json", "--service", "shop")
    told = json.loads(words)
    assert code == 0
    assert (told["lines"], told["exchanges"]) == (61, 60)
    assert told["rejected"] == {"not in this format": 1}
    assert told["files"][0]["format"] == "nginx-combined"
    assert sum(told["levels"].values()) == 60
    assert "GET /v1/users/{phone}/status" in told["endpoints"]
    assert "credentials" in told["unseen"]
    kept = records(house)
    assert len(kept) == 60
    assert {one.service for one in kept} == {"shop"}
    assert {one.source for one in kept} == {SourceKind.LOG}
    assert Part.REQUEST_BODY in kept[0].unseen

    (house / "access.log.1.gz").write_bytes(gzip.compress(log.read_bytes()))
    log.write_text(text(range(60, 70)))
    code, words = run("access.log", "access.log.1.gz", "--json")
    told = json.loads(words)
    assert [file["exchanges"] for file in told["files"]] == [0, 10]
    assert len(records(house)) == 70

    code, words = run("access.log", "--again")
    assert code == 0
    assert "10 exchanges" in words
    assert len(records(house)) == 70


@pytest.mark.slow
def test_har_json_lines_and_format_strings(house: Path) -> None:
    (house / "a.har").write_bytes(har(entry(), entry(startedDateTime="2026-11-18T20:00:00Z")))
    (house / "b.log").write_text('{"when":1795029508,"verb":"GET","p":"/x","code":404}\n')
    (house / "c.log").write_text("203.0.113.7|/y|200|1795029508.000\n")
    _, words = run("a.har", "--json")
    assert json.loads(words)["exchanges"] == 2
    assert json.loads(run("a.har", "--json")[1])["exchanges"] == 0
    mapping = "began=when,method=verb,path=p,status=code"
    assert json.loads(run("b.log", "--mapping", mapping, "--json")[1])["exchanges"] == 1
    _, words = run("c.log", "--format", "$remote_addr|$request_uri|$status|$msec", "--json")
    # A log without the method tells of no exchange.
    assert json.loads(words)["rejected"] == {"no request in it": 1}
    kept = records(house)
    assert sorted(one.source.value for one in kept) == ["har", "har", "log"]
    assert not any("Bearer secret" in str(one) for one in kept)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Name a file"),
        (("gone.log",), "There is no file gone.log"),
        ((".",), "is a directory"),
        (("empty.log", "--format", "nginx-combind"), "is no format"),
        (("empty.log", "--mapping", "x"), "write MEANING=MEMBER"),
        (("empty.log", "--mapping", "path=x", "--format", "caddy"), "--mapping is for JSON"),
        (("empty.log", "--zone", "Mars/Olympus"), "There is no zone"),
        (("-", "--follow"), "without --follow"),
        (("other.log", "--dry-run"), "No format that is known reads other.log"),
    ],
)
def test_mistakes_say_what_to_do(house: Path, arguments: tuple[str, ...], words: str) -> None:
    (house / "empty.log").write_text("")
    (house / "other.log").write_text("hello\nworld\n")
    code, said = run(*arguments)
    assert code == 2
    assert words in said


@pytest.mark.slow
def test_a_file_that_cannot_be_read_leaves_the_others_alone(house: Path) -> None:
    (house / "good.log").write_text(text(range(3)))
    (house / "other.log").write_text("hello\nworld\n")
    code, words = run("other.log", "good.log", "--json")
    told = json.loads(words)
    assert code == 1
    assert told["exchanges"] == 3
    assert [bool(file["trouble"]) for file in told["files"]] == [False, True]


@pytest.mark.slow
def test_standard_input_packed_or_not(house: Path) -> None:
    log = text(range(2000)).encode()
    for data, wanted in ((log, 2000), (log, 0), (gzip.compress(log), 0)):
        done = subprocess.run(
            [sys.executable, "-m", "nightlatch", "import", "-", "--json"],
            cwd=house,
            env=environment(),
            input=data,
            capture_output=True,
            check=True,
        )
        assert json.loads(done.stdout)["exchanges"] == wanted
    assert len(records(house)) == 2000


@pytest.mark.slow
def test_what_a_silent_pipe_brought_is_kept_and_it_ends_when_told(house: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "nightlatch", "import", "-", "--json"],
        cwd=house, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    size, data = len(text(range(30))), text(range(30)).encode()
    try:
        assert process.stdin is not None
        process.stdin.write(data)
        process.stdin.flush()
        # Its bookmark moves when what came is kept.
        eventually(lambda: f'"offset":{size}'.encode() in _progress(house))
        process.send_signal(signal.SIGTERM)
        # Whoever writes does not end: communicate() would close the pipe.
        assert process.wait(PATIENCE) == 1
        assert process.stdout is not None
        told = json.loads(process.stdout.read())
    finally:
        process.kill()
        process.communicate()
    assert told["exchanges"] == 30
    assert "reads on from there" in told["files"][0]["trouble"]
    assert len(records(house)) == 30


@pytest.mark.slow
def test_killed_again_and_again_it_loses_nothing_and_counts_nothing_twice(house: Path) -> None:
    chance = random.Random(4)
    log = house / "access.log"
    log.write_text(text(range(LINES)))
    command = [sys.executable, "-m", "nightlatch", "import", "access.log"]
    kills = 0
    for _ in range(4):
        process = subprocess.Popen(
            command, cwd=house, env=environment(), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        before = _progress(house)
        try:
            eventually(partial(_moved, house, before, process), pause=0.02)
            time.sleep(chance.random())
        finally:
            kills += process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.wait()
    assert kills >= 2
    done = answer_of(house, "import", "access.log")
    assert done["files"][0]["read_before"] >= 0
    kept = records(house)
    assert len(kept) == LINES
    assert len({one.id for one in kept}) == LINES
    assert len({one.at for one in kept}) == len({n % 3600 for n in range(LINES)})
    assert answer_of(house, "import", "access.log")["exchanges"] == 0


def _progress(house: Path) -> bytes:
    return b"".join(path.read_bytes() for path in (house / ".nightlatch").glob("imports/*.json"))


def _moved(house: Path, before: bytes, process: "subprocess.Popen[bytes]") -> bool:
    return process.poll() is not None or _progress(house) != before


@pytest.mark.slow
def test_follows_until_it_is_told_to_end(house: Path) -> None:
    log = house / "access.log"
    log.write_text(text(range(100)))
    process = subprocess.Popen(
        [sys.executable, "-m", "nightlatch", "import", "access.log", "--follow", "--json"],
        cwd=house, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        eventually(lambda: b'"offset":0' not in (_progress(house) or b'"offset":0'))
        log.rename(house / "access.log.1")
        log.write_text(text(range(100, 150)))
        size = len(text(range(100, 150)))
        eventually(lambda: f'"offset":{size}'.encode() in _progress(house))
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    told = json.loads(out)
    assert (process.returncode, told["exchanges"]) == (0, 150)
    assert len(records(house)) == 150


@pytest.mark.slow
def test_ships_to_the_collector_and_is_refused_beside_it(house: Path) -> None:
    log = house / "access.log"
    log.write_text(text(range(1000)))
    with collector(house) as server:
        beside = nightlatch(house, "import", "access.log")
        assert beside.returncode == 2
        assert "NIGHTLATCH_URL=" in beside.stderr
        told = answer_of(house, "import", "access.log", URL=server.url)
        assert told["exchanges"] == 1000
        assert answer_of(house, "import", "access.log", URL=server.url)["exchanges"] == 0
        again = answer_of(house, "import", "access.log", "--again", URL=server.url)
        assert again["exchanges"] == 1000
        server.stop()
    assert len(records(house)) == 1000
