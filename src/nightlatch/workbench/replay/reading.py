"""Reads scenario files: rows in the format of `breaches.json`, with more parameters or with fewer.

Rows are written by people, for people. What is missing is assumed and said; what is wrong is a
`ScenarioFault` that names the file, the row and the field, and what would be right.
"""

import json
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from nightlatch.faults import Mistake
from nightlatch.workbench.replay.given import RowFault
from nightlatch.workbench.replay.row import scenario_of
from nightlatch.workbench.replay.scenario import Scenario

_LISTS = ("rows", "scenarios", "breaches")
_MOST_BYTES = 4 << 20


class ScenarioFault(Mistake):
    """A scenario file cannot be read; the text says where and what to do."""


def documented_breaches() -> list[Scenario]:
    """The rows that come with Nightlatch."""
    text = files(__package__).joinpath("breaches.json").read_text(encoding="utf-8")
    return read_text(text, "breaches.json")


def read_file(path: Path) -> list[Scenario]:
    """Every row of a JSON or TOML file. Raises ScenarioFault, and nothing else."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ScenarioFault(f"{path}: longer than 4 MiB; a scenario is a few lines.")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ScenarioFault(f"{path}: this is not UTF-8 text.") from None
    except (OSError, ValueError) as error:
        words = error.strerror if isinstance(error, OSError) else error
        raise ScenarioFault(f"{path}: {words or error}.") from None
    return read_text(text, str(path))


def read_text(text: str, name: str) -> list[Scenario]:
    """Every row of a file's text; `name` is what messages call the file."""
    rows = _rows_of(_parse(text, name), name)
    scenarios: list[Scenario] = []
    ids: set[str] = set()
    for number, row in enumerate(rows, 1):
        where = f"{name}, row {number}"
        if not isinstance(row, dict):
            raise ScenarioFault(f'{where}: a row is an object, {{"id": "…", …}}.')
        try:
            scenario = scenario_of(row, number)
        except RowFault as fault:
            raise ScenarioFault(f"{where}{_called(row)}, {fault}") from None
        if scenario.id in ids:
            raise ScenarioFault(f'{where}: "{scenario.id}" is the id of a row before; ids differ.')
        ids.add(scenario.id)
        scenarios.append(scenario)
    return scenarios


def _parse(text: str, name: str) -> Any:
    try:
        return tomllib.loads(text) if name.endswith(".toml") else json.loads(text)
    except RecursionError:
        raise ScenarioFault(f"{name}: nested too deeply; a row is a flat object.") from None
    except ValueError as error:
        kind = "TOML" if name.endswith(".toml") else "JSON"
        raise ScenarioFault(f"{name}: not {kind}: {error}.") from None


def _rows_of(value: Any, name: str) -> list[Any]:
    """A list of rows, an object that holds one, or a single row."""
    if isinstance(value, dict):
        for key in _LISTS:
            if isinstance(value.get(key), list):
                value = value[key]
                break
        else:
            value = [value]
    if not isinstance(value, list) or not value:
        raise ScenarioFault(f"{name}: a scenario file is a list of rows, with one at least.")
    return value


def _called(row: dict[str, Any]) -> str:
    return f" ({row['id'][:60]})" if isinstance(row.get("id"), str) else ""
