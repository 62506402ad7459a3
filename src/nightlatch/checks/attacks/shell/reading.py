"""Where a command may begin in a text, and which commands do."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import NamedTuple

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.shell.arguments import Fit, fit, is_option
from nightlatch.checks.attacks.shell.commands import (
    COMMANDS,
    DIRECTORIES,
    ON_WINDOWS,
    WELL_KNOWN,
    WRAPPERS,
    Kind,
)
from nightlatch.checks.attacks.shell.words import Word, read_line

MAX_OPENINGS = 96
"""Places looked at in one text; a long text with more is a document, not a value."""
MAX_COMMANDS = 8


class Command(NamedTuple):
    """A command that the text would run, where the application hands it to a shell."""

    name: str
    kind: Kind
    fit: Fit
    opening: str
    """What makes it run: "" at the beginning of the text, a separator, "$(", "`", "<("."""
    start: int
    """Where the opening stands."""
    end: int
    disguised: bool
    """Its name was hidden by quotes, escapes, variables or wildcards."""
    spelled: str
    """The program as it was written, with its directory."""
    arguments: tuple[Word, ...]


_OPENING = LazyPattern(r"\|\|?|&&|(?<![<>])&(?![>#])|;|[\n\r]|\$\((?!\()|`|[<>]\(")
# A quote that is closed after one word belongs to the word; any other closes what stood before.
_LEAD = LazyPattern(r"""(?:[\s(!@+]|\{\s|["'](?![\w./-]{1,40}["']))*+""")
_ASSIGNMENT = LazyPattern(r"([A-Za-z_]\w{0,31}+)=(?=[^=])")
# A word that nothing hides; what follows it decides whether it can be a name at all.
_PLAIN_NAME = LazyPattern(r"[\w./:-]++(?![\w\\$'\"?*\[{^`%@])")
_DRIVE = LazyPattern(r"(?:[A-Za-z]:)?[\\/].*[\\/]")


def commands_in(text: str) -> list[Command]:
    """The commands that begin somewhere in the text, in order; at most MAX_COMMANDS."""
    found: list[Command] = []
    variables: dict[str, str] = {}
    for opening, start, at in _openings(text):
        command = _command_at(text, opening, start, at, variables)
        if command is not None:
            found.append(command)
            if len(found) == MAX_COMMANDS:
                break
    return found


def _openings(text: str) -> Iterator[tuple[str, int, int]]:
    yield "", 0, 0
    for number, match in enumerate(_OPENING.finditer(text)):
        if number == MAX_OPENINGS:
            return
        yield match.group(), match.start(), match.end()


def _command_at(
    text: str, opening: str, start: int, at: int, variables: dict[str, str]
) -> Command | None:
    lead = _LEAD.match(text, at)
    if lead is not None and lead.end() > at:
        # Spaces of a form that were never decoded; the text keeps its length.
        text = text.replace("+", " ") if "+" in lead.group() else text
        at = lead.end()
    plain = _PLAIN_NAME.match(text, at)
    if plain is not None and not _may_be_name(plain.group(), text[plain.end() : plain.end() + 1]):
        return None
    line = read_line(text, at, variables)
    words = _split(_after_assignments(line.words, variables))
    words = _unwrapped(words)
    return _resolved(words, opening, start, line.end) if words else None


def _split(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """A first word that came out of a variable is words again: `X='cat /x'; $X`."""
    if not words or not words[0].disguised or " " not in words[0].text:
        return words
    parts = words[0].text.split()
    return (*(Word(part, part, disguised=True) for part in parts), *words[1:])


def _unwrapped(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Without `sudo -u root`, `env`, `busybox` and the like before a program."""
    while len(words) > 1 and _base_name(words[0].text) in WRAPPERS:
        # `timeout 5 id`: its own options first.
        at = next((n for n, word in enumerate(words) if n and not is_option(word)), 0)
        if not at or not (_names(words[at]) or _base_name(words[at].text) in WRAPPERS):
            break
        words = words[at:]
    return words


def _may_be_name(word: str, after: str) -> bool:
    if after == "=":
        return True
    name = _base_name(word)
    return name in COMMANDS or name in WRAPPERS or name.lower() in ON_WINDOWS


def _after_assignments(words: tuple[Word, ...], variables: dict[str, str]) -> tuple[Word, ...]:
    """The words without `name=value` before them, which are remembered."""
    at = 0
    for word in words:
        match = _ASSIGNMENT.match(word.text)
        if match is None:
            break
        if len(variables) < MAX_OPENINGS:
            variables[match.group(1)] = word.text[match.end() :]
        at += 1
    return words[at:]


def _resolved(words: tuple[Word, ...], opening: str, start: int, end: int) -> Command | None:
    first, arguments = words[0], words[1:]
    disguised = first.disguised or _is_pattern(first.text)
    best: Command | None = None
    for name in _names(first):
        kind = COMMANDS[name]
        how = fit(name, kind, arguments)
        if best is None or how > best.fit:
            best = Command(name, kind, how, opening, start, end, disguised, first.text, arguments)
    return best if best is not None and best.fit is not Fit.NONE else None


def _names(word: Word) -> tuple[str, ...]:
    """The programs that the word may call, by their bare names; none when we know none."""
    if _is_pattern(word.text):
        return _by_pattern(word.text) if len(word.text) <= 64 else ()
    for text in (word.text, word.raw):
        name = _base_name(text)
        if name in COMMANDS:
            return (name,)
        if name.lower() in ON_WINDOWS:
            return (name.lower(),)
    return ()


def _base_name(word: str) -> str:
    name = word
    if "/" in word or "\\" in word:
        directory = _DRIVE.match(word)
        name = word[directory.end() :] if directory else word
        if directory and not word.startswith((*DIRECTORIES, ".")) and ":" not in word[:3]:
            name = name if word[0] in "/\\" and word.count("/") <= 4 else word
    for ending in (".exe", ".com"):
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return name


def _is_pattern(text: str) -> bool:
    """A path with wildcards in it, such as `/???/c?t` or `/bin/c[a]t`, and with a letter of the
    name: what matches everything says nothing."""
    if "/" not in text or not any(mark in text for mark in "?*["):
        return False
    return text[0] in "/." and any(map(str.isalpha, text.rpartition("/")[2]))


@lru_cache(maxsize=256)
def _by_pattern(pattern: str) -> tuple[str, ...]:
    return tuple(path.rpartition("/")[2] for path in WELL_KNOWN if fnmatchcase(path, pattern))
