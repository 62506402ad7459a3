"""One tree of settings: every one of them in code, in the environment and in `nightlatch.toml`.

A setting has one dotted name. `budgets.caller_hour` is `caller_hour` below `[budgets]` in the
file, `NIGHTLATCH_BUDGETS_CALLER_HOUR` in the environment and `budgets_caller_hour=…` in code. Code
wins over the environment, the environment over the file, the file over the defaults. Everything is
checked at once, and all mistakes are told together, each with its place and what to do.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_type_hints

import msgspec
from msgspec import Meta, Struct

from nightlatch.faults import Mistake
from nightlatch.settings.tree import Settings

FILE_NAME = "nightlatch.toml"
PREFIX = "NIGHTLATCH_"


class Setting(Struct, frozen=True):
    """One setting as the reference page shows it."""

    name: str
    type: Any
    default: Any
    description: str

    @property
    def environment(self) -> str:
        return PREFIX + self.name.replace(".", "_").upper()

    @property
    def keyword(self) -> str:
        return self.name.replace(".", "_")


class ConfigurationError(Mistake):
    """The configuration has mistakes; the text lists every one of them."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = tuple(mistakes)
        count = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        lines = "\n".join(f"  - {mistake}" for mistake in mistakes)
        super().__init__(f"Nightlatch's configuration has {count}:\n{lines}")


def _settings_of(struct: type[Struct], prefix: str = "") -> Iterator[Setting]:
    hints = get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        hint = hints[field.name]
        if isinstance(hint, type) and issubclass(hint, Struct):
            yield from _settings_of(hint, f"{prefix}{field.name}.")
        else:
            meta = next(part for part in hint.__metadata__ if isinstance(part, Meta))
            yield Setting(prefix + field.name, hint, field.default, meta.description or "")


Judge = Callable[[Any], object]
"""Raises ValueError with what is wrong with a value, and what to do."""

SETTINGS: tuple[Setting, ...] = tuple(_settings_of(Settings))
_BY_NAME = {setting.name: setting for setting in SETTINGS}


def load_settings(
    code: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    file: Path | None = None,
    judges: Mapping[str, Judge] = MappingProxyType({}),
) -> Settings:
    """Read every source, check all of it, and return the whole tree.

    `judges` know, by dotted name, what no type can say of a value. `file` defaults to
    `NIGHTLATCH_CONFIG` or `nightlatch.toml` in the working directory, which may be missing unless
    it was named. Raises ConfigurationError with every mistake found.
    """
    environment = os.environ if environment is None else environment
    mistakes: list[str] = []
    values: dict[str, Any] = {}
    for source in (
        _from_file(file, environment, mistakes),
        _from_environment(environment, mistakes),
        _from_code(code or {}, mistakes),
    ):
        for name, (value, place) in source.items():
            _take(name, value, place, values, mistakes, judges.get(name))
    if mistakes:
        raise ConfigurationError(mistakes)
    return _assemble(values)


_Source = dict[str, tuple[Any, str]]
"""By dotted name: the value as given, and where it was given, in words."""


def _take(
    name: str,
    value: Any,
    place: str,
    values: dict[str, Any],
    mistakes: list[str],
    judge: Judge | None,
) -> None:
    setting = _BY_NAME[name]
    try:
        values[name] = msgspec.convert(value, setting.type, strict=False)
        if judge is not None:
            judge(values[name])
    except msgspec.ValidationError as error:
        mistakes.append(f"{place}: {name}: {_plainly(str(error))} ({setting.description})")
    except ValueError as error:
        mistakes.append(f"{place}: {name}: {error}")


def _plainly(message: str) -> str:
    return message.replace("`str`", "text").replace("`", "").replace(" - at $", " at item ")


def _from_code(code: Mapping[str, Any], mistakes: list[str]) -> _Source:
    by_keyword = {setting.keyword: setting.name for setting in SETTINGS}
    found: _Source = {}
    for keyword, value in code.items():
        if keyword in by_keyword:
            found[by_keyword[keyword]] = (value, f"in code, {keyword}=")
        else:
            mistakes.append(f"in code: {_unknown(keyword, by_keyword)}")
    return found


# Read elsewhere: where the file is, and whether the test suite wants our faults raised.
_NOT_SETTINGS = {PREFIX + "CONFIG", PREFIX + "RAISE"}


def _from_environment(environment: Mapping[str, str], mistakes: list[str]) -> _Source:
    by_variable = {setting.environment: setting for setting in SETTINGS}
    found: _Source = {}
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable in _NOT_SETTINGS:
            continue
        setting = by_variable.get(variable)
        if setting is None:
            mistakes.append(f"environment: {_unknown(variable, by_variable)}")
        else:
            found[setting.name] = (_from_text(setting, text), f"environment, {variable}")
    return found


_JSON_LIST = re.compile(r"""\s*\[\s*["{\]]""")


def _from_text(setting: Setting, text: str) -> Any:
    """Several are written with commas between, or as a JSON list: tables, and texts with commas of
    their own. An address in brackets (`[::1]:8080`) begins no list of JSON."""
    if not isinstance(setting.default, tuple):
        return text.strip()
    if not _JSON_LIST.match(text):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        # No list at all: that is what is then said of it.
        return text


def _from_file(file: Path | None, environment: Mapping[str, str], mistakes: list[str]) -> _Source:
    named = file or (
        Path(environment[PREFIX + "CONFIG"]) if PREFIX + "CONFIG" in environment else None
    )
    path = named or Path(FILE_NAME)
    try:
        text = path.read_text("utf-8")
        tree = tomllib.loads(text)
    except FileNotFoundError:
        if named is not None:
            mistakes.append(f"{path}: there is no such file; create it or unset {PREFIX}CONFIG")
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        mistakes.append(f"{path}: cannot be read: {error}")
        return {}
    found: _Source = {}
    for name, value in _flatten(tree):
        place = f"{path}:{_line_of(name, text)}"
        if name in _BY_NAME:
            found[name] = (value, place)
        else:
            mistakes.append(f"{place}: {_unknown(name, _BY_NAME)}")
    return found


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _line_of(name: str, text: str) -> int:
    """The line that sets `name`: tomllib keeps no positions. 1 when it cannot be told."""
    section, _, key = name.rpartition(".")
    current = ""
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\s*([\w.\-]+)\s*\]", line)
        if header:
            current = header[1]
        assignment = re.match(r"\s*\"?([\w.\-]+)\"?\s*=", line)
        if assignment and f"{current}.{assignment[1]}".lstrip(".") in {name, f"{section}.{key}"}:
            return number
    return 1


def _unknown(name: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    hint = (
        f"did you mean {close[0]}?" if close else "`nightlatch doctor --settings` lists them all."
    )
    return f'there is no setting "{name}"; {hint}'


def _assemble(values: Mapping[str, Any]) -> Settings:
    branches: dict[str, dict[str, Any]] = {}
    top: dict[str, Any] = {}
    for name, value in values.items():
        branch, _, key = name.rpartition(".")
        (branches.setdefault(branch, {}) if branch else top)[key] = value
    types = get_type_hints(Settings)
    return Settings(**top, **{branch: types[branch](**found) for branch, found in branches.items()})
