"""`nightlatch replay` as people and machines use it."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.conversations import Conversation
from typer.testing import CliRunner

from nightlatch.cli import cli
from nightlatch.cli.output import Refusal
from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.workbench.replay.reading import ScenarioFault

pytestmark = pytest.mark.slow

PROMISED = {
    "id", "addresses", "attempts", "disclosed_unprotected", "disclosed", "first_alert_after",
    "legit_requests", "legit_refused", "people_refused",
}  # fmt: skip
SHORT = ("--learning", "0.02", "--attempts", "120", "--processes", "1")


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["replay", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def _json(*arguments: str) -> Any:
    return json.loads(_run(*arguments, "--json").splitlines()[-1])


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_last_line_is_what_was_promised() -> None:
    told = _json("--row", "authy-2024", "--row", "coinbase-2022", "--addresses", "3", *SHORT)
    played, unseen = told["rows"]

    assert set(played) >= PROMISED
    assert (played["id"], played["addresses"], played["attempts"]) == ("authy-2024", 3, 120)
    assert played["attacker"] == "copies"
    assert unseen["id"] == "coinbase-2022"
    assert unseen["seen"] is False
    assert unseen["reason"]
    assert told["learning_days"] == 0.02


def test_people_get_a_table_and_what_it_means() -> None:
    text = _run("--row", "authy-2024", "--row", "coinbase-2022", "--addresses", "3", *SHORT)

    assert "authy-2024" in text
    assert "1 run:" in text
    assert "coinbase-2022 is not seen and not counted" in text
    assert "honest requests" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('[{"id": "mine", "ident": "phone", "ips": [2], "hits": "40 %", "rate": 5}]')
    told = _json(str(path), *SHORT)
    text = _run(str(path), "--no-learning", "--attempts", "20", "--processes", "1")

    assert [row["id"] for row in told["rows"]] == ["mine"]
    assert told["rows"][0]["addresses"] == 2
    assert "Assumed for mine: order list, auth none, miss 404." in " ".join(text.split())
    assert "Nothing was learned first" in text


def test_every_attacker_has_a_line() -> None:
    told = _json("--row", "authy-2024", "--addresses", "2", "--attacker", "all", *SHORT)
    (row,) = told["rows"]

    assert row["attacker"] == "copies"
    assert set(row["attackers"]) == {"ignores", "solves", "mimics"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--row", "nobody-1999"), "There is no row 'nobody-1999'; the rows are authy-2024"),
        (("--attacker", "sleeps"), "--attacker is one of ignores, solves, copies, mimics, all"),
        (("--picture", "replay.doc"), "--picture wants a name that ends in .svg, .png, .pdf"),
        (("--from-log", "nowhere"), "nowhere is neither a data directory nor a file of records"),
        (("--from-log", "."), "is no data directory"),
    ],
)
def test_a_mistake_is_told(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(Refusal) as caught:
        _run(*arguments)
    assert words in str(caught.value)


def test_a_file_with_a_mistake_and_two_of_the_same(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('[{"id": "mine", "batch": 0}]')
    with pytest.raises(ScenarioFault, match=r"mine\.json, row 1 \(mine\), field batch"):
        _run(str(path))
    path.write_text('[{"id": "mine"}]')
    with pytest.raises(Refusal, match="Two of these files have a row 'mine'"):
        _run(str(path), str(path))


def test_honest_days() -> None:
    told = _json("--peace", "0.5", "--row", "authy-2024", "--processes", "1")
    (api,) = told["apis"]

    assert api["id"] == "authy-2024"
    assert api["false_alarms"] == api["people_refused"] == 0
    assert api["requests"] > 500


def test_a_log_of_the_data_directory_and_an_exported_one(tmp_path: Path) -> None:
    talk = Conversation("observe")
    for number in range(300):
        talk.look_up(number % 120, hit=number % 12 > 0, address=f"198.51.{number % 120}.7")
    for number in range(3_000, 3_400):
        talk.look_up(number, hit=number % 7 == 0, address="203.0.113.9")
    data = tmp_path / "data"
    data.mkdir()
    events = DuckDBEvents(data / "events.duckdb")
    events.append(talk.records)
    events.close()

    told = _json("--from-log", str(data))
    assert told["records"] == 700
    (door,) = told["endpoints"]
    assert door["would_be_refused"] > 200
    assert door["would_be_disclosed"] < door["disclosed"]
    assert door["first_alert"]["kind"] == "enumeration"
    text = _run("--from-log", str(data))
    assert "in enforce mode it would have been" in " ".join(text.split())


def test_an_empty_log_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(Refusal, match="There are no records"):
        _run("--from-log", "empty.jsonl")


def test_another_town_has_other_people() -> None:
    run = ("--row", "authy-2024", "--addresses", "3", *SHORT)
    inland, harbour = (_json(*run, *town)["rows"][0] for town in ((), ("--town", "harbour")))

    assert inland["disclosed_unprotected"] == harbour["disclosed_unprotected"]
    assert inland["legit_requests"] != harbour["legit_requests"]
    with pytest.raises(Refusal, match="inland, harbour"):
        _run(*run, "--town", "atlantis")
