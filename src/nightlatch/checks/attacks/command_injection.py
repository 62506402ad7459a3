"""Command injection: a value that would run a program of the caller's choosing."""

import re
from collections.abc import Iterable
from itertools import islice

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.prose import count_words
from nightlatch.checks.attacks.recogniser import Recogniser, found
from nightlatch.checks.attacks.shell.arguments import TREES, Fit, is_number_address
from nightlatch.checks.attacks.shell.commands import COMMANDS, WRAPPERS, Kind
from nightlatch.checks.attacks.shell.own_scripts import is_own_script, shows_a_stranger
from nightlatch.checks.attacks.shell.reading import Command, commands_in
from nightlatch.checks.attacks.value import Clue, Place, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_SHELLSHOCK = LazyPattern(
    r"\A[\s\"']*+(?:\w++=)?\(\)\s*+\{\s*+(?::|_|[\w\\]++)?\s*+(?:;|>|\[)?[^}]{0,40}+\}\s*+[;>]"
)
_OPTION = LazyPattern(
    r"""
    \A[^\n=]{0,64}?(?<![\w-])(?:
        -o\s?(?:ProxyCommand|LocalCommand|PermitLocalCommand|KnownHostsCommand)\s*+= \S?
      | --(?:upload-pack|receive-pack|exec|rsh|to-command|use-askpass|use-compress-program
            |checkpoint-action|info-script|new-volume-script|diff-program|pager|open-files-in-pager
            |gpg-program|renderer-cmd-prefix|gpu-launcher|utility-cmd-prefix|init-command)=
            (?:exec=)?+["'`$/\w]
      | -OQueueDirectory= | -oQ/\w | -X\s?/(?:var|tmp|home|srv|usr)/\S++\.(?:php|jsp|asp|pl|cgi)
      | -c\s?(?:core\.(?:sshCommand|editor|pager|fsmonitor|gitProxy)|protocol\.ext\.allow)=
      | ext::\S
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LINE = LazyPattern(r"^[^\n]*\w", re.MULTILINE)
_DOCUMENT = 7
"""Lines from which a text is a document, or a script that somebody keeps."""
_MOST_WORDS = 40
"""Of sentences; more are a text, whatever commands it names."""
_BEGINNING = 2_048
_UNDECODABLE = "\ufffd"
_FENCE = LazyPattern(r"^[ \t>*-]{0,8}+```", re.MULTILINE)
_SOCKET = LazyPattern(r"[<>]&?\s*+/dev/(?:tcp|udp)/\S")
_POWERSHELL = LazyPattern(
    r"\b(?:iex|invoke-expression)[\s(]{0,8}+(?:\(|new-object|iwr|irm|invoke-(?:web|rest)|curl|wget)"
    r"|\.DownloadString\s*+\(|\|\s*+iex\b",
    re.IGNORECASE,
)
_POWERSHELL_HINTS = ("iex", "invoke-expression", ".downloadstring")
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
_SCRIPT_URL = LazyPattern(r"/[^/?#\s]*\.(?:sh|php|pl|py|exe|ps1|bin|elf|hta|bat)\Z", re.IGNORECASE)
_SHORT_VALUE = LazyPattern(r"(?:[\w.:-]{0,2}|[\d.:]{1,40})\Z")
_ONE_ITEM = LazyPattern(r"[\w.@-]++\Z")
_IN_A_LIST = {"&&": 65, "||": 62, ";": 62, "|": 55}
"""`name|id` may be two fields; no list is written with two ampersands."""
_SUBSTITUTIONS = ("$(", "`", "<(", ">(")


def recognise(text: str, value: Value) -> Clue | None:
    """What the text would run, if it is a call and no text about one."""
    if _SHELLSHOCK.match(text):
        return Clue(95, "is a function definition that old shells go on to run", text)
    option = _OPTION.search(text)
    if option is not None and count_words(text, option.end()) <= 3:
        return Clue(80, "is an option that makes the program run another", text)
    if _is_document(text):
        return None
    fetching = _fetching(text)
    if fetching is not None and count_words(text) <= 6:
        return fetching
    if text.startswith("\\n") or text.endswith("\\n"):
        # Written as in a string's source, for a program that reads it as one.
        text = text.replace("\\n", "\n")
    commands = commands_in(text)
    fence = _FENCE.search(text) if "```" in text else None
    if fence is not None:
        commands = [command for command in commands if command.start < fence.start()]
    if not commands:
        return None
    return max(
        (_judge(command, commands, text, value) for command in commands),
        key=lambda clue: clue.certainty if clue else 0,
    )


def _is_document(text: str) -> bool:
    """Too many lines, words or bytes that are no text for a value that was made to be run."""
    if text.count(_UNDECODABLE) > max(8, len(text) >> 5):
        return True
    if text.count("\n") >= _DOCUMENT - 1:
        lines = sum(1 for _ in islice(_LINE.finditer(text), _DOCUMENT))
        if lines == _DOCUMENT:
            return True
    return len(text) > 4 * _MOST_WORDS and count_words(text, 0, _BEGINNING) > _MOST_WORDS


def _fetching(text: str) -> Clue | None:
    """What needs no program's name."""
    if "/dev/" in text and _SOCKET.search(text):
        return Clue(92, "opens a connection to a host of its choosing", text)
    lower = text.lower()
    if any(hint in lower for hint in _POWERSHELL_HINTS) and _POWERSHELL.search(text):
        return Clue(90, "has PowerShell fetch a script and run it", text)
    return None


def _judge(command: Command, commands: list[Command], text: str, value: Value) -> Clue | None:
    certainty = _certainty(command, text, value)
    if command.fit is Fit.CALL and value.place is Place.JSON and _SCRIPT_NAMES.search(value.name):
        certainty -= 40
    if command.opening == "" and len(commands) > 1:
        certainty = min(certainty + 10, 95)
    named = value.place is not Place.JSON and _COMMAND_NAMES.search(value.name)
    if not named and is_own_script(text) and not shows_a_stranger(command):
        certainty -= _OWN_SCRIPT
    if command.fit is Fit.CALL and value.name == "referer":
        certainty -= 25  # somebody's search; its parameters are read each for itself
    certainty -= _doubt(command, commands, text)
    if certainty < 25:
        return None
    shown = text[command.start : command.end]
    return Clue(certainty, _why(command), shown.strip())


def _why(command: Command) -> str:
    if command.disguised:
        return f"runs `{command.name}`, which it hides, where it reaches a shell"
    return f"runs `{command.name}` where it reaches a shell"


def _certainty(command: Command, text: str, value: Value) -> int:
    if command.opening == "":
        return _at_the_beginning(command, text, value)
    if command.disguised and (command.fit > Fit.NONE or command.kind is Kind.TELLING):
        return 92
    if command.opening == "`" and "`" not in text[command.end : command.end + 1]:
        # Half a pair of back quotes runs nothing.
        return 62 if command.fit is Fit.HARM else 0
    if command.fit is Fit.HARM:
        return 90
    if command.fit is Fit.CALL:
        return 78 if command.kind is not Kind.PRINT else 70
    if command.fit is Fit.BARE:
        return _alone(command, text, value)
    return 0


def _at_the_beginning(command: Command, text: str, value: Value) -> int:
    """No separator: an attack only where the application runs its value, so it must be plain."""
    ends = _ENDS.match(text, command.end) or (command.disguised and text[command.end] in "|;&")
    if value.place is Place.PATH or not ends:
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
    if _LANGUAGES.match(command.name) and not any(_RUNS_PROGRAMS.search(w.text) for w in words):
        return 45
    if command.kind not in (Kind.NETWORK, Kind.WAIT):
        return 75 if command.kind is not Kind.LISTING or len(words) > 1 else 65
    if any(_SCRIPT_URL.search(word.text) for word in words):
        return 68
    # Manuals show `curl -O https://…`; an attacker names a bare address, or where to put it.
    flags = any(word.text.startswith("-") for word in words)
    far = any(is_number_address(word) or word.text.startswith(TREES) for word in words)
    return 68 if flags and (far or "/bin/" in words[-1].text) else 45


def _alone(command: Command, text: str, value: Value) -> int:
    """A name that may be a word: only where nothing but the command makes sense of the text."""
    if command.opening in _SUBSTITUTIONS:
        closed = text[command.end : command.end + 1] in (")", "`")
        # `$(id).x` is jQuery, and who quotes one word with back quotes quotes another.
        code = ")." in text or text.count("`") > 2
        return 70 if closed and not code else 0
    before = text[: command.start].strip()
    if not _ENDS.match(text, command.end):
        return 40 if not before and text[command.end : command.end + 1] in (";", "|", "&") else 0
    if command.kind in (Kind.PRINT, Kind.FILTER, Kind.FILE) or command.arguments:
        return 45 if not before else 30
    if command.opening in ("\n", "\r"):
        ended = text[command.end : command.end + 1] in (";", "#", "&", "|") and _ONE_ITEM.match(
            before
        )
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


CHECK = Check(
    id="command-injection",
    title="A value carries a shell command",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Reads every value as a POSIX shell and as cmd.exe would: fails when a separator, a substitution
or a line end is followed by a program that attackers call, with arguments that the program takes;
when the value is nothing but such a call; when it defines a function for a shell to run on from
(Shellshock); when it is an option that makes another program run one (`-oProxyCommand=`). Quotes,
escapes, variables, wildcards and braces that hide the program's name are undone first, and speak
against the value. Words that are commands elsewhere ("echo in the mirror", "cats & dogs"), and
commands quoted in a longer text, pass.""",
    why="""\
Where such a value reaches a shell, the caller has the server: its files, its secrets, its network
and every system that trusts it. It is the shortest way from one request to everything.""",
    example="""\
GET /tools/ping?host=127.0.0.1;cat$IFS/etc/passwd HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
""",
    remedy="""\
Do not start a shell. Hand over the arguments as a list, after `--`, and choose the program
yourself:

```python
subprocess.run(["ping", "-c", "1", "--", str(ip_address(host))], check=True, timeout=5)
```

Never `shell=True`, `os.system` or back quotes with a caller's value in them. Better still, use a
library instead of a program.""",
    owasp="API8:2023",
    cwe=78,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/OS_Command_Injection_Defense_Cheat_Sheet.html",
        "https://cwe.mitre.org/data/definitions/88.html",
    ),
    judge=found("command-injection"),
)


# Texts are searched one behind the other, with line ends between them: what a line begins with is
# what most values begin with, so there a name alone proposes nothing.
_SEPARATED = r"""(?:[;|&\r`]|[$<>]\()[\s({!@"'+]*"""
_LINE_BEGINS = r"""^[ \t({!@"'+]*"""
_DIRECTORY = r"(?:/(?:usr/)?(?:local/)?s?bin/|\./|[a-z]:\\[\w\\]*\\)"
_SUBCOMMANDS = (
    "user|users|localgroup|group|view|share|use|query|add|save|export|delete|create|config|stop"
    "|process|os|qfe|useraccount|product|service|computersystem|aux|auxww|hosts|passwd|addr|route"
)
_HIDING = r"""''|""|``|\w'\w*'|'\w+'\w|\w"\w*"|"\w+"\w|\\\w|\$[@*?!#-]|\$\{|\$\(|\$['"\d]|\w\^\w"""
_WILDCARDS = r"/(?:\S{0,20}/)?[\w.?*]{0,12}[?*\[][\w.?*\[\]]{0,12}(?:/|\s+[/-]|\s*$)"
"""What hides a name from one who looks for it."""


def _patterns() -> tuple[str, ...]:
    names = _choice(COMMANDS)
    useful = (Kind.TELLING, Kind.LISTING)
    bare = _choice(name for name, kind in COMMANDS.items() if kind in useful)
    wrappers = _choice(WRAPPERS - {"!"})
    wrapped = rf"(?:{wrappers})\s+(?:-\S{{1,20}}\s+)?(?:[\w.-]{{1,12}}\s+)?{_DIRECTORY}?(?:{names})"
    argument = r"""[ \t]+(?:[^\w\s]|\d|[^\s'",!]{0,64}[/.:@=*$<>|;&\\])|[<>|;&`+\t\x0b\f]|\$\{?\w"""
    return (
        rf"{_SEPARATED}(?:{names})(?:\.exe|\.com)?(?:[^\w.=:-]|$)",
        rf"{_LINE_BEGINS}(?:{names})(?:\.exe|\.com)?(?:{argument})",
        rf"{_LINE_BEGINS}(?:net1?|reg|sc|wmic|ps|getent|ip)(?:\.exe)?\s+(?:{_SUBCOMMANDS})\b",
        rf"{_LINE_BEGINS}(?:{bare}|reboot|poweroff|shutdown(?: now)?|init [06])[\s;|&#)\"'`]*$",
        rf"(?:{_SEPARATED}|{_LINE_BEGINS}){_DIRECTORY}[\w.]+",
        rf"(?:{_SEPARATED}|{_LINE_BEGINS}){wrapped}\b",
        r"^\\n|\\n$|\b(?:iex|invoke-expression)[\s(]|\.DownloadString|[<>]&?\s*/dev/(?:tcp|udp)/",
        rf"{_SEPARATED}[\w./\\-]*(?:{_HIDING})",
        rf"{_SEPARATED}[\w./\\-]*\$[a-z_]\w{{0,30}}(?:[^\w:=]|$)",
        rf"(?:{_SEPARATED}|{_LINE_BEGINS})[\w.]*{_WILDCARDS}",
        rf"{_LINE_BEGINS}[\w./\\-]*(?:{_HIDING}|\w\$[a-z_]\w{{0,30}})[\w'\"$@*/?\[\]\\{{}}()^]*(?:\s|$)",
        r"\$\{?IFS",
        r"""(?:^|[;|&\n`(])\s*\{[\w./'"\\$@*]+,[^}]""",
        r"\(\)\s*\{",
        r"-o\s?(?:Proxy|Local|PermitLocal|KnownHosts)Command|-OQueue|-oQ/|-X\s?/|-c\s?(?:core|proto)",
        r"--(?:upload-pack|receive-pack|exec|rsh|to-command|use-askpass|use-compress-program)=",
        r"--(?:checkpoint-action|info-script|new-volume-script|diff-program|pager|init-command)=",
        r"--(?:open-files-in-pager|gpg-program|renderer-cmd-prefix|gpu-launcher)=|ext::\S",
        r"%comspec%|%\w+:~",
    )


def _choice(names: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, names)))


RECOGNISER = Recogniser("command-injection", _patterns(), recognise)
