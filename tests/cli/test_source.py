"""`nightlatch source` and `nightlatch dead-letters`, as a person and as a machine use them."""

import json
import os
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nightlatch.cli import cli
from nightlatch.cli.output import Refusal
from nightlatch.exchange.source import SourceKind
from nightlatch.respond.source_book import SourceBook
from nightlatch.store.sqlite_documents import SQLiteDocuments


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("NIGHTLATCH_") and name != "NIGHTLATCH_RAISE":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def told(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


def _add(name: str = "web", *more: str) -> str:
    return run("source", "add", name, "--kind", "treblle", "--kind", "otlp", *more)


def test_a_token_is_shown_once_with_the_way_to_send() -> None:
    said = _add("web", "--service", "shop")
    (token,) = {word for word in said.split() if word.startswith("nlsrc_")}
    assert "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4180" in said
    assert f"Bearer%20{token}" in said
    assert token not in run("source", "list")
    assert token not in run("source", "list", "--json")


def test_a_token_is_rotated_while_the_one_before_goes_on() -> None:
    _add("web")
    before = told("source", "list")["tokens"][0]
    said = run("source", "rotate", "web", "--grace", "2h")
    assert "Bearer%20nlsrc_" in said
    old, new = told("source", "list")["tokens"]
    assert (old["created"], new["kinds"]) == (before["created"], before["kinds"])
    assert old["until"] == pytest.approx(new["created"] + 7_200)
    assert "ends 20" in run("source", "list")
    with pytest.raises(Refusal, match="no source"):
        run("source", "rotate", "nobody")


def test_what_is_shown_names_the_door_for_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTLATCH_SOURCES_LISTEN", "192.0.2.1:4181")
    assert told("source", "add", "web", "--kind", "gelf")["url"] == "http://192.0.2.1:4181"


def test_sources_are_listed_with_who_made_them() -> None:
    assert "No source has a token yet" in run("source", "list")
    _add("web", "--service", "shop", "--rate", "500kB")
    (token,) = told("source", "list")["tokens"]
    assert token["name"] == "web"
    assert token["kinds"] == ["otlp", "treblle"]
    assert token["bytes_per_second"] == 500_000
    assert token["author"]
    assert "never" in run("source", "list")
    run("source", "revoke", "web")
    assert "revoked" in run("source", "list")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("source", "add", "a b", "--kind", "otlp"), "A source's name"),
        (("source", "add", "web", "--kind", "har"), "Kinds that send.*'har' is none"),
        (("source", "add", "web", "--kind", "foo"), "gelf, otlp, treblle.*'foo' is none"),
        (("source", "add", "web"), "Kinds that send"),
        (("source", "add", "web", "--kind", "otlp", "--rate", "999999999999g"), "1 TB"),
        (("source", "add", "web", "--kind", "otlp", "--rate", "fast"), "bytes a second"),
        (("source", "revoke", "nobody"), "no source"),
    ],
)
def test_mistakes_are_told(arguments: tuple[str, ...], why: str) -> None:
    with pytest.raises(Refusal, match=why):
        CliRunner().invoke(cli, list(arguments), catch_exceptions=False)


def test_dead_letters_show_reason_count_and_shape() -> None:
    assert "No dead letters" in run("dead-letters")
    assert told("dead-letters") == []
    book = SourceBook()
    book.reject(SourceKind.OTLP, "web", "not OTLP", b'{"email": "ada@example.com"', 1.8e9)
    book.reject(SourceKind.OTLP, "", "wrong token", b"", 1.8e9)
    with closing(SQLiteDocuments(Path(".nightlatch") / "documents.sqlite")) as documents:
        book.keep(documents)
    said = run("dead-letters")
    assert "otlp web: not OTLP, once, 2027-01-15 08:00:00" in said
    assert "otlp (unknown sender): wrong token" in said
    assert '{"xxxxx": "xxx@xxxxxxx.xxx"' in said
    assert "ada" not in said
    (only,) = told("dead-letters", "--source", "web")
    assert only["letters"]["reason"] == "not OTLP"
    assert "Rejected" in run("source", "list")


def test_what_a_sender_says_is_shown_and_not_obeyed() -> None:
    book = SourceBook()
    hostile = {"[/x] [bold]shop": 1, "sh\x1b[2Jop": 2, "\\[/y]": 3}
    book.accept(SourceKind.GELF, "192.0.2.1", hostile, 1.8e9)
    _add("web", "--service", "[/z]")
    with closing(SQLiteDocuments(Path(".nightlatch") / "documents.sqlite")) as documents:
        book.keep(documents)
    said = "".join(run("source", "list").split())
    for words in ("[/x]", "[bold]shop", "sh\N{REPLACEMENT CHARACTER}[2Jop", "\\[/y]", "[/z]"):
        assert words in said
    assert "\x1b" not in said


def test_a_source_was_heard_of_when_the_latest_of_its_kinds_was() -> None:
    _add("web")
    book = SourceBook()
    for kind, at in (
        (SourceKind.OTLP, 1.8e9),
        (SourceKind.TREBLLE, 1.7e9),
        (SourceKind.HAR, 1.9e9),
    ):
        book.accept(kind, "web", {"": 1}, at)
    with closing(SQLiteDocuments(Path(".nightlatch") / "documents.sqlite")) as documents:
        book.keep(documents)
    tokens, _, _ = run("source", "list").partition("Heard of")
    assert "2027-01-15" in " ".join(tokens.split())
