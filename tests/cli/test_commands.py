"""The command line as a person and as a machine use it."""

import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from tests.records import detection, record
from tests.servers import answer_of, collector, free_port, nightlatch
from typer.core import TyperArgument, TyperOption
from typer.main import get_command
from typer.testing import CliRunner

from nightlatch import __version__
from nightlatch.checks import CHECKS
from nightlatch.checks.check import Check
from nightlatch.checks.help import reference
from nightlatch.cli import cli
from nightlatch.cli.late import loaded
from nightlatch.cli.output import screen
from nightlatch.cli.reference import commands_page
from nightlatch.exchange.judgement import Outcome
from nightlatch.respond.recorder import Recorder
from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.sqlite_documents import SQLiteDocuments

LEVERS = (
    "measures", "block", "challenge", "limit", "slow", "withhold", "uniform", "exempt", "undo",
    "renew", "close", "open",
)  # fmt: skip
COMMANDS = (
    *("demo", "replay", "up", "doctor", "endpoints", "checks", "detectors", "feeds", "patterns"),
    *("token", "version", "import", "export", "dead-letters", "run"),
    *LEVERS,
)
GROUPS = ("limits", "gateway", "source", "otp", "oauth")


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every command runs in a directory of its own, without settings."""
    for name in list(os.environ):
        if name.startswith("NIGHTLATCH_") and name != "NIGHTLATCH_RAISE":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> str:
    """What a command prints, when it ends well."""
    result = CliRunner().invoke(cli, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def _flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_its_options(command: str) -> None:
    said = _flat(run(command, "--help"))
    explained = loaded(get_command(cli))[command]
    assert explained.help
    assert _flat(explained.help.splitlines()[0]) in said
    for parameter in explained.params:
        assert isinstance(parameter, TyperArgument | TyperOption)
        assert parameter.help, f"{command} {parameter.name}"


@pytest.mark.slow
def test_the_commands_are_these() -> None:
    visible = {name for name, one in loaded(get_command(cli)).items() if not one.hidden}
    assert visible == {*COMMANDS, *GROUPS}
    assert all(command in run("--help") for command in COMMANDS)


def test_version() -> None:
    assert run("version") == f"Nightlatch {__version__} on Python {_python()}\n"
    assert json.loads(run("version", "--json")) == {"nightlatch": __version__, "python": _python()}


def _python() -> str:
    return platform.python_version()


def test_checks() -> None:
    listed = run("checks")
    assert all(check.id in listed for check in CHECKS)
    assert f"{len(CHECKS)} checks" in listed
    told = json.loads(run("checks", "--json"))
    assert [one["id"] for one in told] == [check.id for check in CHECKS]
    assert {one["level"] for one in told} == {"Low", "Medium", "High"}
    page = Path(__file__).parents[2] / "docs" / "reference" / "checks.md"
    assert run("checks", "--markdown") == reference(CHECKS) == page.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_one_check(check: Check) -> None:
    told = json.loads(run("checks", check.id, "--json"))
    assert set(told) >= {"id", "title", "level", "what", "why", "example", "remedy"}
    assert _flat(told["title"])[:30] in _flat(run("checks", told["id"]))


@pytest.mark.slow
def test_an_unknown_check_is_said_with_the_way_to_the_known_ones(tmp_path: Path) -> None:
    done = nightlatch(tmp_path, "checks", "sql")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'There is no check "sql". `nightlatch checks` lists them.\n'


@pytest.mark.slow
def test_endpoints_of_an_empty_directory_say_how_to_begin(tmp_path: Path) -> None:
    done = nightlatch(tmp_path, "endpoints")
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no data in '.nightlatch' yet. Start the application" in _flat(done.stderr)
    assert not (tmp_path / ".nightlatch").exists(), "to look must not create"


@contextmanager
def recorder_in(place: Path) -> Iterator[Recorder]:
    """A recorder over files in the place's data directory, which leaves them as any would."""
    data = place / ".nightlatch"
    with (
        closing(DuckDBEvents(data / "events.duckdb")) as events,
        closing(SQLiteDocuments(data / "documents.sqlite")) as documents,
    ):
        recorder = Recorder(events, documents, version=__version__)
        yield recorder
        recorder.close(time.time())


def _recorded(place: Path) -> Path:
    """A data directory that a recorder has left, with an attack in it."""
    now = time.time()
    with recorder_in(place) as recorder:
        recorder.take([record(n, at=now, disclosed=(n,)) for n in range(1, 6)])
        recorder.take([record(9, at=now, detections=(detection(at=now),))])
    return place / ".nightlatch"


def test_endpoints_are_listed_with_what_left_through_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _recorded(tmp_path)
    [door] = json.loads(run("endpoints", "--json"))
    assert (door["endpoint"], door["requests"]) == ("GET /v1/users/{phone}/status", 6)
    assert door["exposure_day"] == 5
    monkeypatch.setattr(screen, "_width", 60)
    assert "…" not in run("endpoints")
    monkeypatch.setattr(screen, "_width", 200)
    assert "GET /v1/users/{phone}/status" in run("endpoints")


@pytest.mark.slow
def test_a_healthy_place_is_told_so(tmp_path: Path) -> None:
    _recorded(tmp_path)
    facts = json.loads(run("doctor", "--json"))
    assert {fact["state"] for fact in facts} <= {"ok", "note"}
    assert "6 recorded" in _flat(run("doctor"))
    assert json.loads(run("doctor", "--json")) != []


WRONG: dict[str, tuple[Callable[[Path], object], dict[str, str], str]] = {
    "an open key": (lambda data: (data / "key").touch(0o644), {}, "chmod 600"),
    "damaged documents": (lambda data: _spoil(data / "documents.sqlite"), {}, "documents.sqlite"),
    "damaged events": (lambda data: _spoil(data / "events.duckdb"), {}, "Move it away"),
    "no collector": (
        lambda data: None,
        {"NIGHTLATCH_URL": f"http://127.0.0.1:{free_port()}"},
        "start `nightlatch up` there",
    ),
    "no list": (
        lambda data: None,
        {"NIGHTLATCH_IDENTITY_REPUTATION_LISTS": "/nowhere/drop.txt"},
        "correct NIGHTLATCH_IDENTITY_REPUTATION_LISTS",
    ),
}


def _spoil(path: Path) -> None:
    path.with_name(path.name + ".wal").unlink(missing_ok=True)
    path.write_bytes(b"no database" * 1_000)


@pytest.mark.slow
@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_told_with_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    spoil, environment, advice = WRONG[wrong]
    spoil(_recorded(tmp_path))
    for name, text in environment.items():
        monkeypatch.setenv(name, text)

    result = CliRunner().invoke(cli, ["doctor", "--json"])

    assert result.exit_code == 1, result.output
    found = [fact for fact in json.loads(result.output) if fact["state"] == "wrong"]
    assert len(found) == 1, found
    assert advice in found[0]["text"] + found[0]["advice"]
    assert CliRunner().invoke(cli, ["doctor"]).exit_code == 1


def test_exchanges_that_were_lost_are_wrong(tmp_path: Path) -> None:
    with recorder_in(tmp_path) as recorder:
        for outcome in Outcome:
            recorder.count(outcome, 7)

    result = CliRunner().invoke(cli, ["doctor"])

    assert result.exit_code == 1
    assert _flat(result.output).count("7 exchanges were lost") == len(Outcome) - 1


def test_a_link_is_printed_for_the_console(tmp_path: Path) -> None:
    link = run("token").strip()
    assert link.startswith("http://127.0.0.1:4180/?token=")
    assert json.loads(run("token", "--json"))["url"] != link


@pytest.mark.slow
def test_up_answers_and_a_second_one_is_told_why_it_cannot(tmp_path: Path) -> None:
    with collector(tmp_path) as up:
        assert httpx.get(f"{up.url}/healthz").json() == {"status": "ok"}
        assert f"{up.url}/?token=" in up.said
        assert f"NIGHTLATCH_URL={up.url} uvicorn" in up.said

        elsewhere = str(tmp_path / "elsewhere")
        port = nightlatch(tmp_path, "up", CONSOLE_PORT=str(up.port), DATA_DIR=elsewhere)
        assert (port.returncode, port.stdout) == (2, "")
        assert f"cannot listen on 127.0.0.1:{up.port}" in _flat(port.stderr)
        assert f"NIGHTLATCH_CONSOLE_PORT={up.port + 1} nightlatch up" in _flat(port.stderr)

        data = nightlatch(tmp_path, "up", CONSOLE_PORT=str(free_port()))
        assert (data.returncode, data.stdout) == (2, "")
        assert f"held by another process (process id {up.process.pid})" in _flat(data.stderr)
        assert up.stop() == 0
    assert answer_of(tmp_path, "doctor")


def test_the_commands_page_is_up_to_date() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"
    assert page.read_text() == commands_page(get_command(cli)) == run("doctor", "--commands"), (
        "run: nightlatch doctor --commands > docs/reference/commands.md"
    )
