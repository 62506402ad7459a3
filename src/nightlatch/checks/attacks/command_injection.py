"""Command injection: a value that would run a program of the caller's choosing."""

import re
from collections.abc import Iterable
from itertools import islice

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.prose import count_words
from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.shell.certainty import certainty_of
from nightlatch.checks.attacks.shell.commands import COMMANDS, WRAPPERS, Kind
from nightlatch.checks.attacks.shell.reading import Command, commands_in
from nightlatch.checks.attacks.value import Clue, Value
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
            (?>(?:exec=)?)["'`$/\w]
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
_LEAST = 25
"""Percent of certainty that is worth to be said."""
_UNDECODABLE = "\ufffd"
_FENCE = LazyPattern(r"^[ \t>*-]{0,8}+```", re.MULTILINE)
_SOCKET = LazyPattern(r"[<>]&?\s*+/dev/(?:tcp|udp)/\S")
_POWERSHELL = LazyPattern(
    r"\b(?:iex|invoke-expression)[\s(]{0,8}+(?:\(|new-object|iwr|irm|invoke-(?:web|rest)|curl|wget)"
    r"|\.DownloadString\s*+\(|\|\s*+iex\b",
    re.IGNORECASE,
)
_POWERSHELL_HINTS = ("iex", "invoke-expression", ".downloadstring")


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
    best, worst = 0, None
    for command in commands:
        certainty = certainty_of(command, commands, text, value)
        if certainty > best:
            best, worst = certainty, command
    if worst is None or best < _LEAST:
        return None
    return Clue(best, _why(worst), text[worst.start : worst.end].strip())


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


def _why(command: Command) -> str:
    if command.disguised:
        return f"runs `{command.name}`, which it hides, where it reaches a shell"
    return f"runs `{command.name}` where it reaches a shell"


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
against the value. Words that are commands elsewhere ("echo in the mirror", "cats & dogs"),
commands quoted in a longer text, code in Markdown's back quotes, and command lines that builds and
deployments keep pass.""",
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
    reads=SENT,
    judge=Found("command-injection"),
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
