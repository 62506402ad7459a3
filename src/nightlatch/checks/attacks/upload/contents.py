"""Contents of files that are programs, or that make what opens them run one."""

import re

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.prose import count_words
from nightlatch.checks.attacks.value import Clue

_HEAD = 512
_IMAGE = LazyPattern(
    r"\s{0,4}(?:GIF8[79]a|.?PNG\r?\n|.{1,4}.{0,6}(?:JFIF|Exif)|%PDF-|BM.|RIFF.{4}WEBP|\ufffd{2,4}.{0,4}JFIF)",
    re.DOTALL,
)
_PHP = LazyPattern(
    r"<\?(?:php\b|=)|<\?\s++(?:eval|system|echo\s|@)|<script\s++language\s*+=\s*+[\"']?php",
    re.IGNORECASE,
)
_PHP_SHELL = LazyPattern(
    r"(?:eval|assert|system|exec|shell_exec|passthru|popen|proc_open|pcntl_exec|include|require"
    r"|preg_replace|create_function|call_user_func|array_map|move_uploaded_file|file_put_contents"
    r"|phpinfo|base64_decode|gzinflate|str_rot13)\s*+(?:\(|\$|`)"
    r"|\$_(?:GET|POST|REQUEST|COOKIE|SERVER|FILES)\b|`\s*\$_|\$\{?\w+\}?\s*+\(\s*+\$_",
    re.IGNORECASE,
)
_SERVER_PAGE = LazyPattern(
    r"<%\s*+@\s*+(?:page|import|webhandler|language|include)|<jsp:(?:scriptlet|root|declaration)"
    r"|<%[=!]?\s*+(?:eval|execute|executeglobal|dim|set|response|request|runtime|process|out\.|string"
    r"|java|new)\b|<script[^>]{0,80}runat\s*+=\s*+[\"']?server",
    re.IGNORECASE,
)
_SERVER_SHELL = LazyPattern(
    r"Runtime\s*+\.\s*+getRuntime|ProcessBuilder|Process\.Start|wscript\.shell|eval\s*\(?\s*request"
    r"|execute(?:global)?\s*\(?\s*request|cmd\.exe|request\.(?:getParameter|item|form|querystring)"
    r"|System\.Diagnostics|defineClass",
    re.IGNORECASE,
)
_SVG = LazyPattern(r"<svg[\s>]", re.IGNORECASE)
_SVG_SCRIPT = LazyPattern(
    r"<script[\s>/]|\son[a-z]{3,24}\s*+=\s*+[\"']?[^\"'\s>]{0,400}?\(|(?:href|from|to|values)\s*+=\s*+[\"']?\s*+"
    r"(?:javascript|vbscript|data:text/html|data:image/svg)|<foreignObject[^>]{0,200}>\s*+<(?:iframe|body|script)"
    r"|<handler[\s>]",
    re.IGNORECASE,
)
_GIF_SCRIPT = LazyPattern(r"GIF8[79]a\s*+(?:=|/\*|//|<script|<svg|<html)", re.IGNORECASE)
_HTML_SCRIPT = LazyPattern(r"<script[\s>]|<iframe\s|javascript:", re.IGNORECASE)
_SETTINGS = LazyPattern(
    r"^\s{0,8}(?:AddType|AddHandler|SetHandler|ForceType)\s++[\w/-]*(?:php|cgi|server-parsed|proxy)"
    r"|auto_(?:pre|ap)pend_file\s*+[=\s]\s*+\S|php_value\s++auto_|<handlers[\s>].{0,400}scriptProcessor",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_CONVERTER = LazyPattern(
    r"push graphic-context.{0,400}(?:url\(|image over|\|)|%pipe%"
    r"|\A\s{0,8}(?:ephemeral|msl|label|caption):@?/"
    r"|<image>.{0,80}<read\s++filename|<read\s++filename\s*=\s*[\"'](?:/|caption:|info:|https?:)"
    r"|\#EXTM3U.{0,400}(?:file:|concat:|subfile,|gopher:|/etc/|/proc/)",
    re.IGNORECASE | re.DOTALL,
)
_ARCHIVE = LazyPattern(
    r"PK\x03\x04[^/\\]{18,40}?(?:[\w.-]{0,80}[/\\])?\.\.[/\\]|(?:\A|\x00)(?>(?:\.\./){1,20})[\w./-]{1,90}+\x00+.{0,400}ustar",
    re.DOTALL,
)
_EICAR = "EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
_PAPER = 40
"""Words of sentences from which a text is about programs, and none itself."""


def read_content(text: str) -> Clue | None:
    """What a file's content would do; None for an ordinary one."""
    image = _IMAGE.match(text[:_HEAD]) is not None
    for judge in (_php, _server_page, _markup):
        clue = judge(text, image)
        if clue is not None:
            return clue
    lower = text.lower()
    for hints, sign, certainty, why in _SIGNS:
        if any(hint in lower for hint in hints) and sign.search(text):
            return Clue(certainty, why, text)
    return Clue(95, "is the test file for virus scanners", text) if _EICAR in text else None


def _php(text: str, image: bool) -> Clue | None:  # noqa: FBT001 - one table of judges
    match = _PHP.search(text) if "<" in text else None
    if match is None:
        return None
    harmful = _PHP_SHELL.search(text, match.start()) is not None
    if image:
        # Three characters of compressed pixels may be a short tag by chance.
        long = match.group()[2:5].lower() == "php" or harmful
        return Clue(92, "is an image with a PHP program in it", text) if long else None
    if count_words(text) > _PAPER:
        return None
    if harmful:
        return Clue(90, "is a PHP program that runs what it is sent", text)
    return Clue(65, "is a PHP program", text) if not text[: match.start()].strip() else None


def _server_page(text: str, image: bool) -> Clue | None:  # noqa: FBT001
    if "<" not in text or not _SERVER_PAGE.search(text) or count_words(text) > _PAPER:
        return None
    if image or _SERVER_SHELL.search(text):
        return Clue(90, "is a server page that runs what it is sent", text)
    return Clue(62, "is a server page", text) if text.lstrip()[:2] == "<%" else None


def _markup(text: str, image: bool) -> Clue | None:  # noqa: FBT001
    if _GIF_SCRIPT.match(text):
        return Clue(88, "is an image and a script at once", text)
    if image and text.startswith("GIF8") and _HTML_SCRIPT.search(text):
        return Clue(80, "is an image with a script in it", text)
    svg = _SVG.search(text, 0, 2048)
    page = "<html" in text[:_HEAD] or text.lstrip("\ufeff \t\r\n")[:1] != "<"
    if svg is None or page or not _SVG_SCRIPT.search(text, svg.start()):
        return None
    return Clue(78, "is an SVG image with a script in it", text)


_SIGNS = (
    (
        ("addtype", "handler", "forcetype", "pend_file", "php_value"),
        _SETTINGS,
        85,
        "makes the web server run the files beside it",
    ),
    (
        ("graphic-context", "%pipe%", "ephemeral", "msl:", "label", "caption", "<read", "#extm3u"),
        _CONVERTER,
        90,
        "makes the program that converts it run a command or fetch a file",
    ),
    (("../", "..\\"), _ARCHIVE, 88, "is an archive with a name that climbs out of the directory"),
)
"""What the lower-case text has in it, cheap to look for; the sign; certainty and reason."""
