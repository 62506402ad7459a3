"""`nightlatch detectors`, as a person and as a machine use it."""

import json

import pytest
from typer.testing import CliRunner

from nightlatch.cli import cli
from nightlatch.cli.output import Refusal
from nightlatch.detect.help import DETECTORS, reference


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["detectors", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_all_are_listed() -> None:
    said = run()
    assert all(detector.kind.value in said for detector in DETECTORS)
    assert f"{len(DETECTORS)} detectors" in said


def test_one_is_explained() -> None:
    said = " ".join(run("credential-stuffing").split())
    assert "Stolen names and passwords are tried here" in said
    assert "What would refute it." in said


def test_machines_get_json() -> None:
    listed = json.loads(run("--json"))
    assert [one["kind"] for one in listed] == [one.kind.value for one in DETECTORS]
    one = json.loads(run("code-guessing", "--json"))
    assert one["owasp"] == "API2:2023"


def test_the_reference_page_is_printed_raw() -> None:
    assert run("--markdown") == reference()


def test_an_unknown_one_is_refused_in_words() -> None:
    with pytest.raises(Refusal, match="There is no detector"):
        CliRunner().invoke(cli, ["detectors", "nonsense"], catch_exceptions=False)
