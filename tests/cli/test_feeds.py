import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.list_server import ListServer, list_server, says_error_with_200
from tests.mmdb import mmdb
from typer.testing import CliRunner

from nightlatch.cli import cli
from nightlatch.cli.diagnosis import diagnose
from nightlatch.cli.fact import State
from nightlatch.settings import load_settings

LIST = "".join(f"192.0.2.{number}\n" for number in range(20))


@pytest.fixture
def server() -> Iterator[ListServer]:
    with list_server() as running:
        running.text = LIST
        yield running


@pytest.fixture
def house(tmp_path: Path, server: ListServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with two feeds and a database configured."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.txt").write_text("192.0.2.1\n")
    (tmp_path / "geo.mmdb").write_bytes(
        mmdb({"192.0.2.0/24": {"country": {"iso_code": "DE"}, "autonomous_system_number": 64500}})
    )
    monkeypatch.setenv(
        "NIGHTLATCH_NETWORKS_FEEDS", f"exits tor {server.url}/exits.txt,own bad own.txt"
    )
    monkeypatch.setenv("NIGHTLATCH_NETWORKS_DATABASES", "geo.mmdb")
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["feeds", *arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        return 2, str(done.exception)
    return done.exit_code, done.stdout


def test_lists_fetches_and_looks_up(house: Path) -> None:
    code, before = run("list", "--json")
    assert code == 0
    assert [one["error"] for one in json.loads(before)] == ["not fetched yet", ""]
    code, fetched = run("fetch", "--json")
    assert code == 0
    assert json.loads(fetched.splitlines()[-1])[0]["entries"] == 20
    _, after = run()
    assert "exits" in after
    assert "20" in after
    _, found = run("look", "192.0.2.1", "--json")
    assert json.loads(found)["network"] == {
        "kinds": ["tor"],
        "lists": ["own"],
        "country": "DE",
        "asn": 64500,
        "organisation": "",
    }
    assert "tor, on own, DE, AS64500" in run("look", "192.0.2.1")[1]
    assert "nothing is known" in run("look", "198.51.100.1")[1]


def test_a_test_keeps_nothing(house: Path, server: ListServer) -> None:
    code, told = run("test", f"new hosting {server.url}/new.txt")
    assert (code, "20 entries; it can be used" in told) == (0, True)
    assert run("test", "own", "--json")[1] == '{"name":"own","kind":"bad","entries":1}\n'
    assert not (house / ".nightlatch" / "feeds").exists()
    server.misbehave = says_error_with_200
    assert "HTML" in run("test", "exits")[1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("fetch", "other"), 'no feed "other"'),
        (("test", "nonsense"), "write NAME KIND URL"),
        (("test", "gone bad gone.txt"), "No such file"),
        (("look", "localhost"), "not an address"),
    ],
)
def test_mistakes_say_what_to_do(house: Path, arguments: tuple[str, ...], told: str) -> None:
    code, words = run(*arguments)
    assert code == 2
    assert told in words


def test_a_source_that_fails_is_told_by_exit_code_and_doctor(
    house: Path, server: ListServer
) -> None:
    run("fetch")
    server.misbehave = says_error_with_200
    code, words = run("fetch", "exits")
    assert code == 1
    assert "HTML" in words
    facts = [fact for fact in diagnose(load_settings()) if fact.about == "networks"]
    states = [(fact.state, fact.text) for fact in facts]
    assert states[0][0] is State.WRONG
    assert "the copy with 20 entries is used meanwhile" in facts[0].advice
    assert (State.OK, "own (bad): 1 entry") in states
    assert (State.OK, "geo.mmdb opens") in states


def test_doctor_names_files_that_cannot_be_used(house: Path) -> None:
    (house / "own.txt").write_text("192.0.2.1\nhello\n")
    (house / "geo.mmdb").write_bytes(b"hello")
    facts = [fact for fact in diagnose(load_settings()) if fact.about == "networks"]
    assert [fact.state for fact in facts] == [State.WRONG] * 3
    assert "1 line holds no address or network (line 2)" in facts[1].text


def test_nothing_configured_says_where_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "docs/guides/networks.md" in run()[1]
    assert run("--json")[1] == "[]\n"
