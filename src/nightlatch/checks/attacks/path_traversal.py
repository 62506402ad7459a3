"""Path traversal and local file inclusion: a value that would be another file's path."""

import re
from itertools import islice

from nightlatch.checks.attacks.climbing import Climb, read_climb
from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.prose import count_words
from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.sensitive_files import (
    hints_at_system,
    is_of_the_system,
    is_sensitive,
)
from nightlatch.checks.attacks.value import Clue, Place, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

MAX_TOKENS = 400
MAX_PATHS = 200
"""Looked at, and read, in one text."""
_END = 512
_ONE_PATH = 64
_BEGINNING = 2_048
_MOST_WORDS = 9
"""Of sentences; with more, the text speaks about a path."""

# What is one path: no white space, no quote, no bracket.
_TOKEN = LazyPattern(r"[^\s\"'`<>|,()\[\]]{3,}+")
_DEVELOPMENT = LazyPattern(
    r"(?:\.(?:[cm]?[jt]sx?|s?css|less|vue|svelte|map|json|md|rst|html?|svg|png|jpe?g|gif|webp|py|go|rs"
    r"|rb|java|kt|swift|c|h|cpp|hpp|cs|proto|ya?ml|toml|lock|snap|woff2?)(?:[:?#].*+)?"
    r"|/(?:src|lib|libs|dist|node_modules|packages|components|assets|images|img|docs|shared|common"
    r"|types|test|tests|app|core|hooks|store|styles)(?>(?:/[\w@.-]++)*))\Z",
    re.IGNORECASE,
)
_FILE_NAMES = LazyPattern(
    r"(?:^|[._\[-])(?:file\w*|path|page|doc|document|dir|folder|root|include|inc|template|tpl|load"
    r"|read|view|download|filename|src|log|conf|config|image|img|attachment|resource)\]?$",
    re.IGNORECASE,
)
_INCLUDED = LazyPattern(
    r"(?:^|[._\[])(?:page|include|inc|template|tpl|view|load)\]?$", re.IGNORECASE
)
_ASKED_FOR = frozenset((Place.QUERY, Place.FORM, Place.MULTIPART, Place.COOKIE))
_SEARCHED = LazyPattern(
    r"(?:^|[._\[-])(?:q|s|query|search\w*|keywords?|terms?|text|message|comment|content|body|title"
    r"|description|note|subject|question|prompt|code|command|cmd|line|log|output|mount\w*|volume\w*)\]?$",
    re.IGNORECASE,
)
"""Where people ask about a file by its name."""
_FROM_THE_ROOT = LazyPattern(r"[/\\]|[a-z]:[/\\]+windows[/\\]+system32[/\\]+drivers", re.IGNORECASE)
_IS_MOUNTED = LazyPattern(r"/(?:var/)?run/secrets(?:/|\Z)", re.IGNORECASE)
_WRAPPER = LazyPattern(
    r"""
    (?<![\w.])(?:
        (?P<certain> php://(?:filter|input|fd/|memory|stdin|temp) | expect://\w
            | (?:phar|zip|glob|compress\.(?:zlib|bzip2)|rar|ogg|zlib)://\S
            | data:(?://)?text/plain[;,][^\s]{4} | data://\S | netdoc:\S | convert\.(?:base64|iconv)
            | jar:(?:https?|file):\S )
      | (?P<file> file:(?:/{1,3}|\\\\)(?P<path>\S+) )
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_WRAPPER_HINTS = ("://", "file:", "netdoc:", "data:", "jar:", "convert.")
_STREAM = LazyPattern(r"\w::\$(?:DATA|INDEX_ALLOCATION)\b", re.IGNORECASE)
"""How NTFS calls a file's own content; some servers then hand out a program's source."""
_SHARE = LazyPattern(
    r"\A\s*+(?:\\\\|//)(?:[\w.:-]++|\[[0-9a-f:]+\])[\\/]++[a-z]\$(?:[\\/]|\Z)|\A\s*+\\\\[?.]\\",
    re.IGNORECASE,
)
_QUOTED_SOURCE = LazyPattern(
    r"(?:import|from|require|include|src|href|url|action|poster|data|srcset|link|@import|path)"
    r"\s*+[=:(]?\s*+\\?[\"'(]?\Z|\]\(\Z|[\"'`]\Z",
    re.IGNORECASE,
)


def recognise(text: str, value: Value) -> Clue | None:
    """Which file the text would reach, if it is a path made to leave where it belongs."""
    if _SHARE.match(text):
        certainty = 70 if text.lstrip()[2:3] in "?." else 85
        return Clue(certainty, "is a share or device of a Windows machine", text)
    if len(text) > _ONE_PATH and _is_document(text):
        return None
    wrapped = _wrapper(text, value)
    if wrapped is not None:
        return wrapped
    if "::$" in text and _STREAM.search(text) and count_words(text) <= 2:
        return Clue(80, "asks Windows for a file's content by the name of its stream", text)
    if not _may_lead(text):
        return None
    best: Clue | None = None
    words = count_words(text)
    tokens = islice(_TOKEN.finditer(text), MAX_TOKENS)
    paths = (match for match in tokens if _may_lead(match.group()))
    for match in islice(paths, MAX_PATHS):
        clue = _judge(_ends_of(match.group()), match, text, value, words)
        if clue is not None and (best is None or clue.certainty > best.certainty):
            best = clue
    return best


def _is_document(text: str) -> bool:
    binary = text.count("\ufffd") > max(8, len(text) >> 5)
    return binary or count_words(text, 0, _BEGINNING) > _MOST_WORDS


def _may_lead(path: str) -> bool:
    return ".." in path or "0x2e" in path or not path.isascii() or hints_at_system(path)


def _ends_of(path: str) -> str:
    """A path as it is, or both ends of one that was padded to be too long."""
    return path if len(path) <= 2 * _END else path[:_END] + path[-_END:]


def _wrapper(text: str, value: Value) -> Clue | None:
    lower = text.lower()
    match = _WRAPPER.search(text) if any(hint in lower for hint in _WRAPPER_HINTS) else None
    if match is None or count_words(text) > 4:
        return None
    if not match["file"]:
        return Clue(85, "is a stream that an application opens like a file", text)
    if is_of_the_system("/" + read_climb(match["path"]).target.replace("/./", "/")):
        return Clue(85, "is the address of a file of the server", text)
    asked = value.place in _ASKED_FOR or value.name.startswith("referer.")
    names = _FILE_NAMES if asked else _INCLUDED
    if not match.start() and names.search(value.name):
        return Clue(68, "is the address of a file of the server", text)
    return None


def _judge(path: str, match: re.Match[str], text: str, value: Value, words: int) -> Clue | None:
    climb = read_climb(path)
    if climb.ups:
        certainty, why = _climbing(climb, value), "climbs out of its directory"
    elif not is_of_the_system(climb.target):
        return None
    else:
        certainty, why = _absolute(climb.target, match, text, value), "is a file of the system"
    certainty -= _doubt(climb, match, text, words)
    return Clue(certainty, why, path) if certainty >= 25 else None


def _climbing(climb: Climb, value: Value) -> int:
    if is_of_the_system(climb.target):
        return 95 if climb.ups > 1 or is_sensitive(climb.target) else 80
    if value.place is Place.PATH:
        # Clients resolve dots before they ask: only a tool sends them.
        return 90 if climb.ups > 1 or climb.disguised else 78
    if climb.disguised:
        return 85 if climb.ups > 1 else 70
    if climb.ups == 1:
        # A relative link, mostly; so it says something only where a file is named.
        return 35 if _FILE_NAMES.search(value.name) and value.place is Place.QUERY else 0
    if _DEVELOPMENT.search(climb.target):
        return 62 if value.place is Place.QUERY else 35
    return 85 if climb.ups > 2 else 72


def _absolute(path: str, match: re.Match[str], text: str, value: Value) -> int:
    """A sensitive file by its full name: an attack only where it is all there is."""
    outside = text[: match.start()] + text[match.end() :]
    if outside.strip("\0 \t\r\n\"'") or (value.place is Place.PATH and not is_sensitive(path)):
        return 0
    if is_sensitive(path) or "\0" in text:
        return 80
    asked = value.place in _ASKED_FOR
    if not _FROM_THE_ROOT.match(path) or (value.place is Place.JSON and _IS_MOUNTED.match(path)):
        return 0
    if _FILE_NAMES.search(value.name) or (asked and not _SEARCHED.search(value.name)):
        return 62
    return 45


def _doubt(climb: Climb, match: re.Match[str], text: str, words: int) -> int:
    """How much speaks for a document that names a file, or a program that includes one. `words` are
    those of the whole text; a path is none."""
    if words > 8:
        return 100
    if is_sensitive(climb.target):
        return 30 if words > 4 else 0
    if _QUOTED_SOURCE.search(text, max(0, match.start() - 24), match.start()):
        return 60
    alone = match.start() < 3 and match.end() > len(text) - 3
    return 0 if alone else 40


CHECK = Check(
    id="path-traversal",
    title="A value leads out of its directory",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Reads every value as a path: fails when it climbs (`../`, in any spelling: backslashes, `..;/`,
`....//`, `..0x2f`, Unicode's other slashes) out of where it belongs, when it is the full name of a
file that is only asked for to prove that any file can be had (`/etc/passwd`, `win.ini`,
`WEB-INF/web.xml`), a stream an application opens like a file (`php://filter`, `expect://`,
`index::$DATA`), a local `file:` address, or an administrator's share of Windows. One step up,
relative paths of source code, secrets that are mounted, and paths quoted in a longer text pass.""",
    why="""\
Where such a value is opened, the caller reads any file of the server: configuration, keys, source,
and through log files or sessions that hold the caller's own words often runs code as well.""",
    example="""\
GET /reports/download?file=..%2f..%2f..%2fetc%2fpasswd HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
""",
    remedy="""\
Do not make paths from values; look names up in a list of what may be had. Where it must be a path,
resolve it and see that it is still inside:

```python
base = Path("/srv/reports").resolve()
path = (base / name).resolve()
if not path.is_relative_to(base):
    raise HTTPException(404)
```""",
    owasp="API8:2023",
    cwe=22,
    references=(
        "https://owasp.org/www-community/attacks/Path_Traversal",
        "https://cwe.mitre.org/data/definitions/98.html",
    ),
    reads=SENT,
    judge=Found("path-traversal"),
)

_PATTERNS = (
    r"\.\.[/\\;]|[/\\]\.\.",
    r"\.{3,}[/\\]|[/=]\.{4,}[\w{]|^\.{4,}[\w{]",
    r"\.\.0x|0x2e0x",
    # In UTF-8: slashes and dots that are none.
    r"\xe2(?:\x88[\x95\x96]|\xa7[\xb5\xb8]|\x81\x84)",
    r"(?:\xe2\x80\xa4|\xe3\x80\x82){2}",
    r"(?:etc|proc)[/\\]|windows[/\\]|winnt[/\\]|(?:win|boot|system)\.ini|inetpub|ntuser\.dat",
    r"(?:web|meta)-inf|\.ssh/|\.aws/|bash_history|/var/(?:log|run|spool|mail)|run/secrets",
    r"(?:apache|httpd|nginx|xampp|tomcat)\w*[/\\](?:conf|logs)",
    r"wp-config\.php|\.ht(?:passwd|access)|web\.config|global\.asa|config\.inc\.php|id_rsa",
    r"(?:php|expect|phar|zip|glob|compress\.\w+|rar|ogg|zlib|data)://|netdoc:|file:[/\\]|jar:\w+:",
    r"data:text/plain|convert\.(?:base64|iconv)|\w::\$(?:data|index)",
    r"^\s*(?:\\\\|//)[\w.:\[\]-]+[/\\]+[a-z]\$|^\s*\\\\[?.]\\",
)
RECOGNISER = Recogniser("path-traversal", _PATTERNS, recognise)
