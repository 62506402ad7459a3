"""How certain it is that a command in a value was put there to be run, and is not spoken about."""

import re

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.prose import count_words
from nightlatch.checks.attacks.sensitive_files import is_sensitive
from nightlatch.checks.attacks.shell.arguments import TREES, Fit, is_number_address
from nightlatch.checks.attacks.shell.commands import Kind
from nightlatch.checks.attacks.shell.inline_code import is_inline_code, is_part_of_path
from nightlatch.checks.attacks.shell.own_scripts import is_own_script, shows_a_stranger
from nightlatch.checks.attacks.shell.reading import Command
from nightlatch.checks.attacks.value import Place, Value

_COMMAND_NAMES = LazyPattern(
    r"(?:^|[._\[])(?:cmd|exec|execute|command|run|shell|process|query_?cmd|system|daemon|do_?cmd"
    r"|c|ping_?(?:addr|host|ip)?)\]?$",
    re.IGNORECASE,
)
_SCRIPT_NAMES = LazyPattern(
    r"(?:^|[._])(?:scripts?(?:[._]|$)|run$|entry_?point|args?(?:\[|$)|command(?:\[|s?$)|before_\w+"
    r"|after_\w+|(?:build|install|start|test|lint|post\w*|pre\w*)_?(?:cmd|command|script)?$)",
    re.IGNORECASE,
)
"""Where programs that build and deploy others keep command lines."""
_OWN_SCRIPT = 70
_SEARCHED = 25
_LANGUAGES = LazyPattern(r"(?:perl|python\d?|ruby|php\d?|node(?:js)?|lua|tclsh)\Z")
_RUNS_PROGRAMS = LazyPattern(
    r"system|exec|popen|spawn|socket|subprocess|fsockopen|passthru|/bin/|\bsh\b|https?:|/etc/|eval"
    r"|base64|`|\bos\.|import\s+os|sleep|phpinfo|qx",
    re.IGNORECASE,
)
"""What a one-line program says when it is somebody else's."""
_LIST_NAMES = LazyPattern(
    r"(?:fields?|columns?|cols|sort|order|order_?by|sort_?by|include|expand|keys?|select|group_?by"
    r"|tags?|categories|types?|props|properties|attributes|only|except|titles|metrics|dimensions)"
    r"(?:\[\w*\])?$",
    re.IGNORECASE,
)
_ENDS = LazyPattern(r"""[\s;|&'"()`}]*+(?:[#\x00].{0,40}+|(?:--|//)\s?)?\Z""", re.DOTALL)
_LINE = LazyPattern(r"^[^\n]*\w", re.MULTILINE)
_SCRIPT_URL = LazyPattern(r"/[^/?#\s]*\.(?:sh|php|pl|py|exe|ps1|bin|elf|hta|bat)\Z", re.IGNORECASE)
_SHORT_VALUE = LazyPattern(r"(?:[\w.:-]{0,2}|[\d.:]{1,40})\Z")
_ONE_ITEM = LazyPattern(r"[\w.@-]++\Z")
_IN_A_LIST = {"&&": 65, "||": 62, ";": 62, "|": 55}
"""`name|id` may be two fields; no list is written with two ampersands."""
_SUBSTITUTIONS = ("$(", "`", "<(", ">(")
_OUTSIDE = ("/etc", "/root", "/proc/", "/dev/tcp")
"""What nobody looks into for himself, of the trees that a call may name."""


def certainty_of(command: Command, commands: list[Command], text: str, value: Value) -> int:
    """Percent that `command`, one of the `commands` in the text, is there to be run."""
    certainty = _by_opening(command, commands, text, value)
    if command.fit is Fit.CALL and value.place is Place.JSON and _SCRIPT_NAMES.search(value.name):
        certainty -= 40
    if command.opening == "" and len(commands) > 1:
        certainty = min(certainty + 10, 95)
    named = value.place is not Place.JSON and _COMMAND_NAMES.search(value.name)
    if not named and is_own_script(text) and not shows_a_stranger(command):
        certainty -= _OWN_SCRIPT
    if command.fit is Fit.CALL and value.name == "referer":
        certainty -= _SEARCHED  # somebody's search; its parameters are read each for itself
    return certainty - _doubt(command, commands, text)


def _by_opening(command: Command, commands: list[Command], text: str, value: Value) -> int:
    if command.opening == "":
        return _at_the_beginning(command, text, value)
    if command.disguised and (command.fit > Fit.NONE or command.kind is Kind.TELLING):
        return 92
    if command.opening in _SUBSTITUTIONS and command.fit is not Fit.HARM:
        return _substituted(command, text, value)
    if command.fit is Fit.HARM:
        if command.opening != "`":
            return 90
        if _is_harmless_program(command):
            return 45
        # Half a pair of back quotes runs nothing.
        return 90 if _is_closed(command, text) else 62
    if command.fit is Fit.BARE:
        return _alone(command, text, value)
    return _call(command, commands, text) if command.fit is Fit.CALL else 0


def _call(command: Command, commands: list[Command], text: str) -> int:
    if command.kind is Kind.PRINT:
        return 70
    if command.opening == "|" and command.kind in (Kind.FILE, Kind.FILTER):
        # `program --list | sort -u` is how people work; an attacker's value is short.
        broken_out = any(other.opening and other.start < command.start for other in commands)
        return 78 if broken_out or len(text[: command.start].split()) < 2 else 45
    return 78


def _is_harmless_program(command: Command) -> bool:
    """A one-line program in a language that neither runs nor fetches anything."""
    if not _LANGUAGES.match(command.name):
        return False
    return not any(_RUNS_PROGRAMS.search(word.text) for word in command.arguments)


def _is_closed(command: Command, text: str) -> bool:
    return text[command.end : command.end + 1] in (")", "`")


def _substituted(command: Command, text: str, value: Value) -> int:
    """`id`, $(id): a call, a program that somebody names, or a piece of JavaScript."""
    if not _is_closed(command, text) and (command.opening == "`" or command.fit is Fit.BARE):
        return 0
    if command.opening == "`":
        if is_inline_code(text, command.start, command.end + 1):
            return 0
        if text.count("`") > 2 and command.fit is Fit.BARE:
            return 0  # who quotes one word quotes another
    elif is_part_of_path(text, command.start, command.end + 1, command.name, command.arguments):
        return 45 if value.place is Place.JSON else 70
    if command.fit is Fit.CALL:
        spoken = command.kind in (Kind.INTERPRETER, Kind.ADMINISTRATION, Kind.PRINT)
        return 50 if spoken and value.place is Place.JSON and command.opening == "`" else 78
    if command.arguments or ")." in text:  # `$(id).x` is jQuery
        return 45 if command.arguments else 0
    return 70


def _at_the_beginning(command: Command, text: str, value: Value) -> int:
    """No separator: an attack only where the application runs its value, so it must be plain."""
    piped = command.disguised and text[command.end : command.end + 1] in ("|", ";", "&")
    if value.place is Place.PATH or not (piped or _ENDS.match(text, command.end)):
        return 0
    named = _COMMAND_NAMES.search(value.name) is not None
    if command.disguised and (command.arguments or command.kind is Kind.TELLING):
        return 85
    if command.fit is Fit.HARM:
        return 85 if named else _bare_harm(command)
    if command.fit is Fit.CALL:
        if command.spelled.startswith("/") and command.arguments:
            return 75
        return 70 if named else 35
    return 62 if named and command.name in ("id", "whoami", "ls", "dir", "ps") else 0


def _bare_harm(command: Command) -> int:
    words = command.arguments
    if _is_harmless_program(command):
        return 45
    if command.kind is Kind.FILE and not any(_is_somebody_elses(word.text) for word in words):
        return 50
    if command.kind not in (Kind.NETWORK, Kind.WAIT):
        return 75 if command.kind is not Kind.LISTING or len(words) > 1 else 65
    if any(_SCRIPT_URL.search(word.text) for word in words):
        return 68
    # Manuals show `curl -O https://…`; an attacker names a bare address, or where to put it.
    flags = any(word.text.startswith("-") for word in words)
    far = any(is_number_address(word) or word.text.startswith(TREES) for word in words)
    return 68 if flags and (far or "/bin/" in words[-1].text) else 45


def _is_somebody_elses(path: str) -> bool:
    return path.startswith(_OUTSIDE) or is_sensitive(path) or path == "/" or "system(" in path


def _alone(command: Command, text: str, value: Value) -> int:
    """A name that may be a word: only where nothing but the command makes sense of the text."""
    before = text[: command.start].strip()
    after = text[command.end : command.end + 1]
    if not _ENDS.match(text, command.end):
        return 40 if not before and after in (";", "|", "&") else 0
    if command.kind in (Kind.PRINT, Kind.FILTER, Kind.FILE) or command.arguments:
        return 45 if not before else 30
    if command.opening in ("\n", "\r"):
        ended = after in (";", "#", "&", "|") and _ONE_ITEM.match(before)
        return 65 if _SHORT_VALUE.match(before) or ended else 0
    if len(before.split()) > 2:
        return 0
    if not before or not before[-1].isalnum() or not before[0].isalpha() or len(before) < 3:
        plain = "=" not in before and "://" not in before
        return (68 if command.opening != "&" else 60) if plain else 0
    if not _ONE_ITEM.match(before) or _LIST_NAMES.search(value.name):
        return 0
    return _IN_A_LIST.get(command.opening, 0)


def _doubt(command: Command, commands: list[Command], text: str) -> int:
    """How much the words around it speak for a text about commands."""
    # What `echo` is given may be any sentence.
    spans = [(other.start, other.end) for other in commands if other.kind is not Kind.PRINT]
    outside, at = 0, 0
    for start, end in spans:
        outside += count_words(text, at, max(at, start))
        outside += max(0, count_words(text, start, end) - 3)
        at = max(at, end)
    outside += count_words(text, at)
    if command.fit is Fit.CALL and "\n" in text and len(_LINE.findall(text)) > 2:
        outside += 3
    if command.opening == "`" and outside >= 2:
        return 100
    if outside <= 2:
        return 0
    if outside <= 6:
        return 15 if command.fit is Fit.HARM or command.disguised else 30
    return 100
