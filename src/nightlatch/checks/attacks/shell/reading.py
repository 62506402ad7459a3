"""Where a command may begin in a text, and which commands do."""

from fnmatch import fnmatchcase
from functools import lru_cache
from typing import NamedTuple

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.shell.arguments import Fit, fit, is_flag, is_option
from nightlatch.checks.attacks.shell.commands import (
    COMMANDS,
    DIRECTORIES,
    ON_WINDOWS,
    WELL_KNOWN,
    WRAPPERS,
    Kind,
)
from nightlatch.checks.attacks.shell.words import Word, read_line

MAX_WORK = 800
"""Pieces of commands read in one text; one with more is a document, not a value."""
_READING = 6
"""What it costs to begin to read a command, in pieces."""
MAX_VARIABLES = 32
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
_LEAD = LazyPattern(r"""(?>(?:[\s(!@+]|\{\s|["'](?![\w./-]{1,40}["']))*)""")
_ASSIGNMENT = LazyPattern(r"([A-Za-z_]\w{0,31}+)=(?=[^=])")
# A word that nothing hides; what follows it decides whether it can be a name at all.
_PLAIN_NAME = LazyPattern(r"[\w./:-]++(?![\w\\$'\"?*\[{^`%@])")
_OWN_PATH = LazyPattern(r"\$\{?(?:HOME|PREFIX|[A-Z]+_(?:HOME|DIR|PATH|ROOT))\}?/")
"""Where somebody has installed a program."""
_DRIVE = LazyPattern(r"(?:[A-Za-z]:)?[\\/].*[\\/]")


def commands_in(text: str) -> list[Command]:
    """The commands that begin somewhere in the text, in order; at most MAX_COMMANDS."""
    found: list[Command] = []
    variables: dict[str, str] = {}
    # Spaces of a form that were never decoded; the text keeps its length.
    spaced = text.replace("+", " ") if "+" in text else text
    opening, start, at, left = "", 0, 0, MAX_WORK
    while left > 0 and len(found) < MAX_COMMANDS:
        lead = _LEAD.match(text, at)
        begin = lead.end() if lead else at
        if not opening and "\n" in text[:begin]:
            opening = "\n"
        if _may_begin(text, opening, begin):
            line = read_line(spaced if "+" in text[at:begin] else text, begin, variables)
            left -= line.pieces + _READING
            command = _resolved(_called(line.words, variables), opening, start, line.end)
            if command is not None:
                found.append(command)
        left -= 1
        match = _OPENING.search(text, begin)
        if match is None:
            break
        opening, start, at = match.group(), match.start(), match.end()
    return found


def _may_begin(text: str, opening: str, at: int) -> bool:
    """A quick look: nearly every place where a command could begin has a plain word there."""
    if opening == "`" and text.startswith("${", at):
        return False  # a template literal of JavaScript
    plain = _PLAIN_NAME.match(text, at)
    if plain is None:
        return at < len(text)
    if text.startswith("=", plain.end()):
        return "$" in text
    name = _base_name(plain.group())
    return name in COMMANDS or name in WRAPPERS or name.lower() in ON_WINDOWS


def _called(words: tuple[Word, ...], variables: dict[str, str]) -> tuple[Word, ...]:
    """The words from the program's name on."""
    return _unwrapped(_split(_after_assignments(words, variables)))


def _split(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """A first word that came out of a variable is words again: `X='cat /x'; $X`."""
    if not words or not words[0].disguised or " " not in words[0].text:
        return words
    parts = words[0].text.split()
    return (*(Word(part, part, disguised=True) for part in parts), *words[1:])


def _unwrapped(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Without `sudo -u root`, `timeout 5`, `env` and the like before a program."""
    while len(words) > 1 and _base_name(words[0].text) in WRAPPERS:
        at = _after_options(words)
        if not at or not (_names(words[at]) or _base_name(words[at].text) in WRAPPERS):
            break
        words = words[at:]
    return words


def _after_options(words: tuple[Word, ...]) -> int:
    """Index of the first word that is no option, nor an option's own argument; 0 without one."""
    for at in range(1, len(words)):
        if is_option(words[at]):
            continue
        if is_flag(words[at - 1]) and at + 1 < len(words) and not _names(words[at]):
            continue
        return at
    return 0


def _after_assignments(words: tuple[Word, ...], variables: dict[str, str]) -> tuple[Word, ...]:
    """The words without `name=value` before them, which are remembered."""
    at = 0
    for word in words:
        match = _ASSIGNMENT.match(word.text)
        if match is None:
            break
        if len(variables) < MAX_VARIABLES:
            variables[match.group(1)] = word.text[match.end() :]
        at += 1
    return words[at:]


def _resolved(words: tuple[Word, ...], opening: str, start: int, end: int) -> Command | None:
    if not words:
        return None
    first, arguments = words[0], words[1:]
    if _OWN_PATH.match(first.raw):
        return None
    disguised = first.disguised or _is_pattern(first.text)
    best: Command | None = None
    for name in _names(first):
        if disguised and len(name) == 1:
            continue  # `\w` is a pattern, and no disguise of `w`
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
