"""Commands that are loaded late look like commands that were there from the start."""

import os
import subprocess
import sys
from collections.abc import Sequence

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from nightlatch.cli import cli
from nightlatch.cli.commands import COMMANDS
from nightlatch.cli.late import Entry, LateCommand, late_group, loaded

HEAVY = ("nightlatch.app", "nightlatch.checks", "nightlatch.capture", "nightlatch.workbench",
         "sqlalchemy", "duckdb", "fastapi", "aiohttp", "joserfc")  # fmt: skip


def _program() -> TyperGroup:
    program = get_command(cli)
    assert isinstance(program, TyperGroup)
    return program


def _imported(*arguments: str) -> Sequence[str]:
    """The modules that a command line imports."""
    code = (
        "import sys, atexit; from nightlatch.__main__ import main; sys.argv[0] = 'nightlatch';"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr)); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr.split()


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_a_line_of_the_help_page_is_the_commands_own(entry: Entry) -> None:
    one = loaded(_program())[entry.name]
    first = (one.help or "").strip().split("\n\n")[0]
    assert " ".join(first.split()) == entry.help
    assert (one.name, one.hidden) == (entry.name, entry.hidden)


def test_names_are_given_once() -> None:
    assert len(COMMANDS) == 34
    assert len({entry.name for entry in COMMANDS}) == len(COMMANDS)


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [("--help",), ("version",)], ids=" ".join)
def test_help_and_version_load_none_of_the_house(arguments: tuple[str, ...]) -> None:
    modules = set(_imported(*arguments))
    assert "nightlatch.cli.commands" in modules
    assert not modules.intersection(HEAVY)


@pytest.mark.slow
def test_a_look_at_a_token_loads_no_console_and_no_server() -> None:
    modules = set(_imported("token", "inspect", "eyJhbGciOiJub25lIn0.e30."))
    assert "nightlatch.identity.lint.registry" in modules
    assert not modules & {"nightlatch.app", "nightlatch.console", "nightlatch.checks", "sqlalchemy"}


def test_what_was_nearly_typed_is_suggested() -> None:
    result = CliRunner().invoke(cli, ["detectrs"])
    assert result.exit_code == 2
    assert "Did you mean 'detectors'" in " ".join(result.output.split())


def test_usage_names_the_command_below_the_program() -> None:
    result = CliRunner().invoke(cli, ["token", "verify", "--help"], prog_name="nightlatch")
    assert "nightlatch token verify" in result.output


def test_what_follows_run_is_not_ours_to_read() -> None:
    context = _program().commands["run"].make_context("run", ["gunicorn", "--workers", "2"])
    assert context.params["command"] == ["gunicorn", "--workers", "2"]


def test_a_shell_can_complete_names_without_loading_anything() -> None:
    program = _program()
    context = program.make_context("nightlatch", ["version"])
    names = {item.value for item in program.shell_complete(context, "d")}
    assert names == {"demo", "doctor", "detectors", "dead-letters"}
    hidden = {item.value for item in program.shell_complete(context, "serve")}
    assert hidden == set()


def test_late_commands_are_loaded_and_others_are_left() -> None:
    app = typer.Typer(cls=late_group([Entry("version", "version:version", "Which.")]))
    app.callback()(lambda: None)
    program = get_command(app)
    assert isinstance(program, TyperGroup)
    assert isinstance(program.commands["version"], LateCommand)
    assert not isinstance(loaded(program)["version"], LateCommand)
    assert loaded(object()) == {}
