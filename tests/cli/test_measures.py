"""Orders from the command line, over the stores in the data directory."""

import json
import os
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.records import LOOK_UP, record
from typer.testing import CliRunner

from nightlatch.cli import cli
from nightlatch.cli.measures import _rate, read_span
from nightlatch.cli.output import Refusal, screen
from nightlatch.respond.recorder import Recorder
from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.sqlite_documents import SQLiteDocuments


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with an hour of traffic."""
    for name in list(os.environ):
        if name.startswith("NIGHTLATCH_") and name != "NIGHTLATCH_RAISE":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(screen, "_width", 220)
    data, now = tmp_path / ".nightlatch", time.time()
    with (
        closing(DuckDBEvents(data / "events.duckdb")) as events,
        closing(SQLiteDocuments(data / "documents.sqlite")) as documents,
    ):
        recorder = Recorder(events, documents, notifiers=())
        recorder.take(
            [
                record(n, at=now - n, address=f"198.51.100.{n % 4}", disclosed=(n,))
                for n in range(40)
            ]
        )
        recorder.close(now)
    return tmp_path


def run(*arguments: str, ends: int = 0, says: str = "") -> str:
    result = CliRunner().invoke(cli, list(arguments), input=says)
    if ends:
        assert isinstance(result.exception, Refusal), result.output
        return str(result.exception)
    assert result.exception is None, result.exception
    return result.output


def ordered(*arguments: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run(*arguments, "--yes", "--json"))
    return told


@pytest.mark.slow
def test_a_block_is_previewed_and_only_then_ordered() -> None:
    refusal = run("block", "198.51.100.0/24", ends=2)
    assert "say it again with --yes" in refusal
    assert run("measures") == "Nothing is ordered.\n"
    told = run("block", "198.51.100.0/24", "--for", "2h", "--reason", "walks", "--yes")
    assert "would have hit 40 requests (100.0 % of all) of 4 callers, who read 40 people" in told
    assert "198.51.100.3" in told
    assert "nightlatch undo" in told
    listed = run("measures")
    assert "network:198.51.100.0/24" in listed
    assert "everywhere" in listed
    (one,) = json.loads(run("measures", "--json"))["measures"]
    measure = one["measure"]
    assert measure["expires"] - measure["created"] == pytest.approx(7_200)
    assert (measure["reason"], one["state"], one["hits"]) == ("walks", "in-force", 0)
    assert measure["author"]


ORDERS = [
    (("block", "198.51.100.7"), "block", {"circle": "address:198.51.100.7"}),
    (("challenge", "strangers", "--at", LOOK_UP), "challenge", {"endpoint": LOOK_UP}),
    (("slow", "198.51.100.7", "--by", "3s"), "slow", {"seconds": 3.0}),
    (("limit", "60/minute"), "limit-requests", {"amount": 60, "seconds": 60.0, "each": "address"}),
    (("limit", "20 people/hour", "--each", "all", "--whom", "strangers"), "limit-people",
     {"amount": 20, "seconds": 3_600.0, "each": "", "circle": "strangers"}),
    (("withhold", "phone,email", "--whom", "strangers"), "withhold-fields",
     {"fields": ["phone", "email"]}),
    (("uniform", LOOK_UP), "uniform", {"endpoint": LOOK_UP, "circle": "strangers"}),
    (("exempt", "address in (192.0.2.0/24)", "--for", "90d"), "exempt",
     {"predicate": "address in (192.0.2.0/24)"}),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("words", "kind", "fields"), ORDERS)
def test_every_kind_can_be_ordered(
    words: tuple[str, ...], kind: str, fields: dict[str, object]
) -> None:
    made = ordered(*words)
    assert made["kind"] == kind
    assert {name: made[name] for name in fields} == fields
    assert str(made["id"]) in run("measures")


@pytest.mark.slow
def test_undo_by_the_end_of_an_id_and_renew() -> None:
    made = ordered("block", "198.51.100.7")
    name = str(made["id"])
    renewed = json.loads(run("renew", name[-6:], "--for", "30d", "--json"))
    assert renewed["expires"] > made["expires"]
    assert f"Undone: {name}" in run("undo", name[-6:].lower())
    assert run("measures") == "Nothing is ordered.\n"
    assert "undone" in run("measures", "--all")
    assert "Nothing is in force under 'nope'" in run("undo", "nope", ends=2)


@pytest.mark.slow
def test_a_door_closes_and_opens() -> None:
    told = run("close", LOOK_UP, "--yes", "--for", "7d")
    assert "40 requests" in told
    assert f'nightlatch open "{LOOK_UP}"' in told
    assert "closed door" in run("measures")
    assert "Open." in run("open", LOOK_UP)
    assert "Nothing is in force under" in run("open", LOOK_UP, ends=2)
    door = json.loads(run("close", LOOK_UP, "--yes", "--json"))
    assert door["endpoint"] == LOOK_UP
    assert json.loads(run("open", LOOK_UP, "--json")) == {"endpoint": LOOK_UP, "closed": False}


@pytest.mark.slow
def test_limits_are_suggested() -> None:
    told = run("limits", "suggest")
    assert LOOK_UP in told
    assert "people a day" in told
    found = json.loads(run("limits", "suggest", LOOK_UP, "--json"))
    assert {one["callers"] for one in found} == {4}
    assert "no traffic to learn from" in run("limits", "suggest", "GET /none")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("block", "adress = 1"), "column 1: adress: did you mean"),
        (("block", "198.51.100.7", "--for", "soon"), "'soon' is no time"),
        (("limit", "many"), "'many' is no limit"),
        (("limit", "60/fortnight"), "'fortnight' is no time"),
        (("limit", "60/minute", "--each", "planet"), "one of address"),
        (("exempt", "everyone"), "exempt everyone"),
    ],
)
def test_mistakes_end_in_words(arguments: tuple[str, ...], reason: str) -> None:
    assert reason in run(*arguments, "--yes", ends=2)
    assert run("measures") == "Nothing is ordered.\n"


def test_without_data_it_says_how_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    assert "There is no data in '.nightlatch' yet" in run("measures", ends=2)
    assert list(empty.iterdir()) == []


def test_a_console_that_is_named_and_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTLATCH_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("NIGHTLATCH_TOKEN", "t")
    refusal = run("measures", ends=2)
    assert "The console at http://127.0.0.1:1 does not answer" in refusal


def test_times_and_rates_as_people_write_them() -> None:
    given = ["90s", "15m", "2h", "7d", "1 week", "7 days", "minute", "1.5h", "30 min"]
    assert [read_span(text) for text in given] == [
        90, 900, 7_200, 604_800, 604_800, 604_800, 60, 5_400, 1_800,
    ]  # fmt: skip
    assert _rate("60/minute") == (60, False, 60.0)
    assert _rate("20 people per hour") == (20, True, 3_600.0)
    assert _rate("100 requests in 90s") == (100, False, 90.0)
