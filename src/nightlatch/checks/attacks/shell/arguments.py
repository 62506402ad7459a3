"""How well the words after a program's name make a call of it, and not a sentence."""

import re
from collections.abc import Callable, Sequence
from enum import IntEnum

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.sensitive_files import is_of_the_system
from nightlatch.checks.attacks.shell.commands import Kind
from nightlatch.checks.attacks.shell.words import Word


class Fit(IntEnum):
    NONE = 0
    """A sentence, or a call that makes no sense."""
    BARE = 1
    """The name alone, of a program whose name is also a word."""
    CALL = 2
    """Arguments that the program takes."""
    HARM = 3
    """Arguments that only an attacker's call has: somebody's host, a script, a system's file."""


_FLAG = LazyPattern(r"-{1,2}[A-Za-z0-9?][\w-]*+(?:[=:].*+)?\Z|-\Z", re.DOTALL)
_WINDOWS_FLAG = LazyPattern(r"/[A-Za-z?]{1,9}(?::\S*+)?\Z|/-[A-Za-z]\Z")
_DRIVE = LazyPattern(r"""[A-Za-z]:(?:[\\/."']|\Z)|\\\\[\w.$]|%\w+%""")
_FILE_NAME = LazyPattern(r"[\w*?-][\w.*?-]*+\.?[\w*?]\Z")
_NAMED_FILE = LazyPattern(r"[\w*?.-]*\.[A-Za-z]\w{0,4}\Z|\*\Z")
_VARIABLE = LazyPattern(r"%\w{1,40}%")
_NUMBER = LazyPattern(r"[-+]?\d++(?:\.\d++)?[smhd]?\Z")
_IP = LazyPattern(
    r"\d{1,3}(?:\.\d{1,3}){3}(?::\d++)?\Z|\[?[0-9a-f:]*:[0-9a-f:]+\]?\Z|0x[0-9a-f]{8}\Z"
)
_HOST = LazyPattern(
    r"(?:[\w.+-]++(?::[^@\s]*+)?@)?(?>(?:[\w-]++\.)+)[A-Za-z]{2,24}\.?(?::\d++)?(?::?[/~].*+)?\Z",
    re.DOTALL,
)
_URL = LazyPattern(
    r"(?:https?|ftps?|tftp|file|ldap|gopher|dict|tcp)://\S|//[\w-]+\.", re.IGNORECASE
)
_SCRIPT_FLAGS = LazyPattern(
    r"-(?:[a-z]*[cer]|i|p|ver?s?i?o?n?|enc?\w*|e\w{0,3}|nop\w*|noni\w*|w\w*|ex\w*|command|file|s)\Z"
    r"|--version\Z|/[ckqr]\Z|/c.*",
    re.IGNORECASE,
)
_REVERSE_SHELL = LazyPattern(r"/dev/(?:tcp|udp)/|(?:^|[\s/])(?:ba|z|k|da)?sh\b|cmd(?:\.exe)?\b")
_MARKED = LazyPattern(r"\$\(|`|\$\{?\w|%\w+%|\\x?[0-9a-f]{2,}|[|<>]|[;'\"]|\*|^[0-9a-f]{12,}\Z")
_SCRIPT_FILE = LazyPattern(
    r"\.(?:php\d?|phtml|jspx?|aspx?|sh|pl|py|cgi|bat|ps1|vbs)\Z", re.IGNORECASE
)
_ARITHMETIC = LazyPattern(r"\d+[*+%/-]\d+")
_AWK_RUNS = LazyPattern(r"\bsystem\s*\(|/inet/(?:tcp|udp)|\|\s*\"?(?:ba)?sh\b|\|\s*getline")
_CMDLET = LazyPattern(r"iex\b|iwr\b|(?:invoke|get|start|new|set)-[a-z]", re.IGNORECASE)
_WMIC = frozenset({"process", "os", "qfe", "useraccount", "product", "service", "computersystem"})
_SUBCOMMANDS = {
    "net": {"user", "users", "localgroup", "group", "view", "share", "use", "start", "accounts"},
    "net1": {"user", "localgroup"},
    "netsh": {"advfirewall", "firewall", "wlan", "interface"},
    "reg": {"query", "add", "save", "export", "delete"},
    "sc": {"query", "create", "config", "stop"},
    "sudo": {"su"},
    "init": {"0", "6"},
    "shutdown": {"now"},
    "iptables": {"-f", "-l"},
    "openssl": {"s_client", "enc", "base64", "version", "passwd"},
    "systemctl": {"status", "list-units", "stop", "start", "restart", "disable"},
    "docker": {"ps", "run", "exec"},
    "kubectl": {"get", "exec"},
}


def fit(name: str, kind: Kind, words: Sequence[Word]) -> Fit:
    """How well `words` fit the program `name` of this kind."""
    return _FITS[kind](name, words)


def is_flag(word: Word) -> bool:
    return _FLAG.match(word.text) is not None or _WINDOWS_FLAG.match(word.raw) is not None


def is_path(word: Word) -> bool:
    text = word.text
    dotted = text[:1] == "." and (text.strip(".") != "" or len(text) < 3)
    return "/" in text or text[:1] == "~" or dotted or _DRIVE.match(word.raw) is not None


def is_option(word: Word) -> bool:
    """A flag, or the number that goes with one."""
    return is_flag(word) or _NUMBER.match(word.text) is not None


def is_number_address(word: Word) -> bool:
    return _IP.match(word.text) is not None


def is_address(word: Word) -> bool:
    # Part of a name may be a variable, whose value the sender wants to be told.
    text = _VARIABLE.sub("x", word.text).lstrip(".")
    return (
        _URL.match(text) is not None
        or _IP.match(text) is not None
        or _HOST.match(text) is not None
        or text == "localhost"
    )


TREES = ("/etc", "/proc/", "/root", "/var/", "/dev/", "/tmp/", "/home/")  # noqa: S108 - theirs


def _of_the_system(word: Word) -> bool:
    return (
        is_of_the_system(word.text)
        or is_of_the_system(word.raw)
        or word.text.startswith(TREES)
        or (_DRIVE.match(word.raw) is not None and len(word.raw) < 4)
        or word.text in ("/", "~/", "/bin", "/usr")
    )


def _takes(word: Word) -> bool:
    """Could be an argument, and not a word of a sentence."""
    return (
        word.redirected
        or word.disguised
        or is_flag(word)
        or is_path(word)
        or _NUMBER.match(word.text) is not None
        or _NAMED_FILE.match(word.text) is not None
        or word.raw[:1] in ("'", '"', "$", "%")
    )


def _telling(_name: str, words: Sequence[Word]) -> Fit:
    if all(map(_takes, words)):
        return Fit.HARM if words else Fit.CALL
    return Fit.BARE if len(words) == 1 else Fit.NONE


def _listing(name: str, words: Sequence[Word]) -> Fit:
    if not words:
        return Fit.BARE
    if name == "set":
        return _set(words)
    if name == "w" and not all(map(is_flag, words)):
        return Fit.NONE  # a letter, whatever stands behind it
    if name == "ip" and words[0].text in ("a", "addr", "r", "route", "link", "neigh"):
        return Fit.CALL
    if name == "ps" and words[0].text in ("aux", "auxww", "ax", "ef", "axjf", "waux"):
        return Fit.HARM
    if all(is_flag(word) or is_path(word) or word.redirected or word.disguised for word in words):
        drive = name == "dir" and any(_DRIVE.match(word.raw) for word in words)
        return Fit.HARM if drive or any(map(_of_the_system, words)) else Fit.CALL
    if is_flag(words[0]) and len(words) <= 3 and not words[0].raw.startswith("/"):
        return Fit.CALL
    # `ls tmp`, `id root`: two plain words, also in "W Hotel" and "ip address".
    known = name in ("id", "ls", "dir") and len(words) == 1
    return Fit.BARE if known and _FILE_NAME.match(words[0].text) else Fit.NONE


def _set(words: Sequence[Word]) -> Fit:
    if words[0].raw.lower() == "/a" and len(words) > 1:
        return Fit.HARM if _ARITHMETIC.search(words[1].text) else Fit.CALL
    return Fit.NONE


def _file(name: str, words: Sequence[Word]) -> Fit:
    if not words:
        return Fit.NONE
    if any(map(_of_the_system, words)) and _takes(words[0]) and len(words) <= 12:
        return Fit.HARM if is_flag(words[0]) or all(map(_takes, words[:2])) else Fit.CALL
    if name in ("awk", "gawk") and any(_AWK_RUNS.search(word.raw) for word in words):
        return Fit.HARM
    if name == "find" and is_path(words[0]) and any(w.text in _FIND for w in words[1:]):
        return Fit.HARM
    # A pattern to look for is any word.
    files = words[1:] if name in _SEARCHES and is_flag(words[0]) else words
    others = sum(not _takes(word) for word in files)
    if name in _KEYWORDS:
        named = any(is_flag(word) or is_path(word) for word in files)
    else:
        named = any(is_path(word) or _plain_file(word) for word in files)
    if named and others <= (name in _SEARCHES):
        return Fit.CALL
    if name in _READERS and len(words) == 1 and _FILE_NAME.match(words[0].text):
        return Fit.BARE
    return Fit.NONE


_KEYWORDS = frozenset({"del", "type", "file", "copy", "move", "rename", "install", "split"})
"""Words of programming languages as well: `del self.name` is Python."""
_SEARCHES = frozenset({"grep", "egrep", "fgrep", "zgrep", "findstr"})
_FIND = frozenset({"-exec", "-name", "-iname", "-type", "-perm", "-delete", "-print", "-maxdepth"})
_READERS = frozenset({"cat", "type", "tac", "nl", "more", "less", "head", "tail", "rm", "del"})


def _plain_file(word: Word) -> bool:
    named = _NAMED_FILE.match(word.text) is not None
    return named or (word.redirected and not word.text.isdigit())


def _network(name: str, words: Sequence[Word]) -> Fit:
    if not words:
        return Fit.BARE if name in ("nslookup", "nc", "ncat", "wget", "curl") else Fit.NONE
    if name == "getent" and words[0].text in ("hosts", "passwd", "ahosts", "group", "shadow"):
        return Fit.HARM
    options = [word for word in words if _is_option(word)]
    target = next((word for word in words if not _is_option(word)), None)
    if target is None:
        return Fit.CALL
    if _is_option(words[0]) and any(map(_reaches, words)):
        return Fit.HARM
    if is_address(target) or (_of_the_system(target) and any(map(is_address, words))):
        return Fit.HARM if len(words) - len(options) <= 3 else Fit.CALL
    if name == "socat" and ":" in target.text:
        return Fit.HARM
    port_first = _NUMBER.match(target.text) is not None and any(map(is_address, words[:3]))
    return Fit.CALL if port_first else Fit.NONE


def _is_option(word: Word) -> bool:
    return is_flag(word) or word.text[:1] in ("+", "@")


def _reaches(word: Word) -> bool:
    return is_address(word) or _REVERSE_SHELL.search(word.text) is not None or "$(" in word.raw


def _interpreter(name: str, words: Sequence[Word]) -> Fit:
    if not words:
        return Fit.BARE
    if any(_REVERSE_SHELL.search(word.text) and word.redirected for word in words):
        return Fit.HARM
    first = words[0]
    if first.redirected:
        return Fit.CALL
    if name in ("eval", "iex", "invoke-expression"):
        return Fit.CALL if first.raw[:1] in ("'", '"', "$", "(") else Fit.NONE
    if first.text == "-m":
        return Fit.BARE  # `python -m build`
    if _SCRIPT_FLAGS.match(first.text):
        return Fit.HARM if len(words) > 1 else Fit.CALL
    if is_flag(first) or (first.raw.startswith("/") and name in ("cmd", "regsvr32", "wmic")):
        return Fit.CALL
    if name in _WINDOWS_HOSTS:
        return _windows_host(name, first)
    if not (is_path(first) or _plain_file(first)):
        return Fit.NONE
    # `node build.js` is what every project's own scripts say.
    own = not first.text.startswith(("/", "\\", "~")) and ".." not in first.text
    return Fit.BARE if own else Fit.CALL


_WINDOWS_HOSTS = frozenset(
    {"mshta", "rundll32", "regsvr32", "wscript", "cscript", "msiexec", "wmic", "powershell", "pwsh"}
)


def _windows_host(name: str, first: Word) -> Fit:
    if name == "wmic":
        return Fit.HARM if first.text.lower() in _WMIC else Fit.NONE
    if name in ("powershell", "pwsh"):
        known = _CMDLET.match(first.text) or is_path(first) or _plain_file(first)
        return Fit.HARM if known else Fit.NONE
    return Fit.HARM if _takes(first) or ":" in first.text or "," in first.text else Fit.NONE


def _wait(name: str, words: Sequence[Word]) -> Fit:
    numbers = [word for word in words if _NUMBER.match(word.text)]
    if not numbers or len(words) - len(numbers) > 2:
        return Fit.NONE
    if name in ("timeout", "waitfor", "choice", "start-sleep"):
        return Fit.HARM if is_flag(words[0]) else Fit.CALL if len(words) == 1 else Fit.NONE
    return Fit.HARM if all(map(_takes, words)) else Fit.NONE


def _print(name: str, words: Sequence[Word]) -> Fit:
    if not words:
        return Fit.NONE
    if any(word.redirected for word in words):
        return Fit.HARM if any(_SCRIPT_FILE.search(word.text) for word in words) else Fit.CALL
    if name in ("expr", "let"):
        sum_of = _ARITHMETIC.search("".join(word.text for word in words))
        return Fit.CALL if sum_of and len(words) <= 4 else Fit.NONE
    rest = " ".join(word.raw for word in words)
    if "$((" in rest or ("`" in rest and "expr" in rest):
        return Fit.HARM
    if words[0].disguised or _MARKED.search(rest) or rest.startswith("-"):
        return Fit.CALL
    return Fit.BARE if len(words) == 1 else Fit.NONE


def _filter(_name: str, words: Sequence[Word]) -> Fit:
    if not words:
        return Fit.BARE
    return Fit.CALL if all(map(_takes, words[:2])) else Fit.NONE


def _administration(name: str, words: Sequence[Word]) -> Fit:
    if not words:
        return Fit.BARE if name in _COMPLETE else Fit.NONE
    subcommands = _SUBCOMMANDS.get(name)
    first = words[0]
    if subcommands is not None and first.text.lower() in subcommands:
        return Fit.HARM if name in ("net", "net1", "reg") and len(words) <= 6 else Fit.CALL
    if first.text == "-c" or (is_flag(first) and name in _COMPLETE and len(words) <= 3):
        return Fit.CALL
    return Fit.CALL if is_flag(first) and all(map(_takes, words[:2])) else Fit.NONE


_COMPLETE = frozenset({"reboot", "halt", "poweroff", "shutdown", "passwd", "su", "calc", "notepad"})
_FITS: dict[Kind, Callable[[str, Sequence[Word]], Fit]] = {
    Kind.TELLING: _telling,
    Kind.LISTING: _listing,
    Kind.FILE: _file,
    Kind.NETWORK: _network,
    Kind.INTERPRETER: _interpreter,
    Kind.WAIT: _wait,
    Kind.PRINT: _print,
    Kind.FILTER: _filter,
    Kind.ADMINISTRATION: _administration,
}
