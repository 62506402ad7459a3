"""PHP: tags, calls that run something, stream wrappers."""

import re
from collections.abc import Iterator

from nightlatch.checks.attacks.code.sign import Feature, Sign

_TAG = re.compile(r"<\?(?:php\b|=|\s)|<script\s++language\s*+=\s*+['\"]?php", re.IGNORECASE)
_GAP = r"(?>(?:\s|/\*[^*]*+(?>(?:\*(?!/)[^*]*+)*)\*/|['\"`]\s*+\.\s*+['\"`])*)"
_RUNS = (
    "system|exec|passthru|shell_exec|popen|proc_open|pcntl_exec|eval|assert|create_function|call_user_func(?:_array)?"
    "|phpinfo|include(?:_once)?|require(?:_once)?|file_put_contents|file_get_contents|fopen|readfile|show_source"
    "|highlight_file|base64_decode|gzinflate|str_rot13|md5|move_uploaded_file|fwrite|preg_replace|array_map|usort|ob_start"
    "|register_shutdown_function|unlink|die|print_r|var_dump|printf?|echo"
)
_CALL = re.compile(rf"(?<![\w$>.\\])@?(?P<name>{_RUNS})\b{_GAP}(?:\(|\s++['\"$(])", re.IGNORECASE)
_SUPERGLOBAL = re.compile(
    r"\$_?(?:GET|POST|REQUEST|COOKIE|SERVER|FILES|SESSION|ENV)\b\s*+[\[{(]|\$GLOBALS\b|getallheaders\(",
    re.IGNORECASE,
)
_NESTED = re.compile(
    r"(?:eval|assert|system|exec|passthru|shell_exec|include|require)\b[\s(@'\"]*+(?:base64_decode|gzinflate|gzuncompress|str_rot13|hex2bin|strrev|urldecode|file_get_contents|chr|\$_?(?:GET|POST|REQUEST|COOKIE|SERVER))\b",
    re.IGNORECASE,
)
_PRINTED = re.compile(
    r"\{?\$\{\s*+@?\s*+(?:\w++)\s*+\(|\{\$\{|(?:print|echo|die|exit|printf|var_dump|print_r)\b[\s(@'\"]*+(?:md5|sha1|crc32|phpversion|php_uname|phpinfo|getcwd|chr)\s*+\(",
    re.IGNORECASE,
)
_BROKEN = re.compile(
    rf"['\")\]}};]\s*+[;.|&,]*+\s*+@?(?:system|exec|passthru|shell_exec|popen|eval|assert|phpinfo|print|die|echo|var_dump|sleep|usleep)\b{_GAP}(?:\(|\s)[^\n]{{0,400}}?(?:;|//|\#|\.['\"]|\Z)",
    re.IGNORECASE,
)
_ALONE = re.compile(
    rf"\A\s*+[;)}}'\"]*+\s*+@?(?:system|passthru|shell_exec|phpinfo|exec|popen|proc_open|pcntl_exec|assert|file_get_contents|file_put_contents|readfile|show_source|highlight_file|phpversion|php_uname|php_sapi_name|phpcredits|getmyuid|get_current_user)\b{_GAP}\((?P<argument>\s*+(?:['\"$@(\\]|[\w\\]++\s*+\(|-?\d++\s*+\)|\))[^\n]{{0,400}})?(?<=\))\s*+;?\s*+(?://|\#|\?>|\Z)",
    re.IGNORECASE,
)
_WRAPPER = re.compile(
    r"(?:\A|[^\w])(?P<name>php://(?:filter|input|fd|stdin|memory|temp|output)|expect://|phar://|data://text/plain|data:text/plain;base64,PD9|compress\.(?:zlib|bzip2)://|zip://[^\s#]{1,200}#|ogg://|ssh2\.\w+://|glob:///)",
    re.IGNORECASE,
)
_VARIABLE_CALL = re.compile(
    r"\$\w{1,40}\s*+(?:\[[^\]]{0,40}\])?\s*+\(\s*+\$_|\(\s*+['\"][a-z.'\"\s]{2,40}['\"]\s*+\)\s*+\(\s*+['\"]|`\s*+\$_(?:GET|POST|REQUEST)",
    re.IGNORECASE,
)
_UNLETTERED = re.compile(
    r"\(\s*+~\s*+['\"%\ufffd]|\$_\s*+=\s*+\[\s*+\]\s*+;|\$\{?_\}?\s*+=\s*+['\"][^\w\s]{2,}['\"]\s*+\^",
    re.IGNORECASE,
)

_SHORT = 400
"""Characters of a text that is taken to be PHP as a whole, when a part of it is."""
_FAR = 80
"""Characters of an ordinary value before somebody breaks out of it."""
_OPENED = {")": "(", "]": "[", "}": "{"}

PATTERNS = (
    r"<\?(?:php|=|\s)|language\s*=\s*['\x22]?php",
    r"\$_?(?:get|post|request|cookie|server|files)\s*[\[{(]|\$globals",
    r"(?:eval|assert|system|exec|passthru|include|require)\b[\s(@'\x22]*(?:base64_decode|gzinflate|gzuncompress|str_rot13|hex2bin|strrev|urldecode|file_get_contents|chr|\$_?(?:get|post|request|cookie|server))\b",
    r"\{\$\{|\$\{\s*@?\s*\w+\s*\(",
    r"(?:print|echo|die|exit|printf|var_dump|print_r)\b[\s(@'\x22]*(?:md5|sha1|crc32|phpversion|php_uname|phpinfo|getcwd|chr)\s*\(",
    r"(?:system|passthru|shell_exec|phpinfo|popen|proc_open|pcntl_exec|assert|exec|eval|file_get_contents|file_put_contents|readfile|show_source|highlight_file|phpversion|php_uname|phpcredits|php_sapi_name|get_current_user|getmyuid)(?:\s|/\*.{0,40}\*/)*\(",
    r"(?:php|expect|phar|ogg)://|data://|data:text/plain;base64,pd9|compress\.(?:zlib|bzip2)://|zip://|ssh2\.\w+://|glob:///",
    r"['\x22)\]};]\s*[;.|&,]*\s*@?(?:print|die|echo|sleep|usleep)\s*[\s(]",
    r"\(~|\$_\s*=\s*\[|\)\s*\(\s*['\x22]",
)


_COMMANDS = ("system", "exec", "passthru", "popen", "proc_open", "eval", "assert", "phpinfo")
_PRINTERS = ("print", "echo", "die", "exit", "var_dump")
_OPEN_TAG = Feature(("<?", "language"), _TAG)
_FEATURES = (
    (
        Feature((*_COMMANDS, "include", "require"), _NESTED),
        "is PHP that evaluates a decoded string or a parameter",
        True,
    ),
    (Feature(("${", "{$", *_PRINTERS), _PRINTED), "is PHP that prints a proof", True),
    (Feature(("$_", ")(", ") ("), _VARIABLE_CALL), "is PHP that calls what a string names", False),
    (Feature(("(~", "$_", "${_", "( ~"), _UNLETTERED), "is PHP written without letters", True),
)
_STREAM = Feature(("://", "data:text/plain"), _WRAPPER)
_WHOLE = Feature((*_COMMANDS, "php", "file", "source", "getmyuid", "get_current_user"), _ALONE)
_FOLLOWING = Feature((*_COMMANDS, *_PRINTERS, "sleep"), _BROKEN)


def signs(text: str, lower: str) -> Iterator[Sign]:
    """What of the text is PHP; `lower` is the text in lower case."""
    if tag := _OPEN_TAG.search(text, lower):
        yield from _tagged(text, tag)
    for feature, why, certain in _FEATURES:
        if match := feature.search(text, lower):
            end = len(text) if len(text) < _SHORT else match.end()
            yield Sign(why, match.start(), end, certain=certain)
            return
    if match := _STREAM.search(text, lower):
        # A stream that PHP makes of input or of a filter; phar and zip also name real files.
        sure = match["name"].lower().startswith(("php://", "expect:", "data:"))
        yield Sign(
            "is a stream of PHP's in place of a file", match.start("name"), len(text), certain=sure
        )
    if match := _WHOLE.search(text, lower):
        yield Sign("is PHP that runs a command or reads a file", 0, match.end())
    elif (match := _FOLLOWING.search(text, lower)) and _breaks(text[: match.start() + 1]):
        yield Sign("closes a string and goes on as PHP", match.start(), match.end())


def _tagged(text: str, tag: re.Match[str]) -> Iterator[Sign]:
    body = text[tag.end() : tag.end() + 4096]
    end = body.find("?>")
    stop = tag.end() + (len(body) if end < 0 else end + 2)
    calls, takes = bool(_CALL.search(body)), bool(_SUPERGLOBAL.search(body))
    if not body.strip():
        return
    # "<? " begins a processing instruction as well, so it must call something, and be all there
    # or all there is.
    complete = end >= 0 or not text[: tag.start()].strip()
    if tag[0][2:].isspace() and not takes and not (calls and complete):
        return
    if not (calls or takes) and stop - tag.start() >= _SHORT:
        return
    yield Sign(
        "is PHP to be run by the server",
        tag.start(),
        stop,
        certain=(calls and takes) or stop - tag.start() < 200,
    )


def _breaks(head: str) -> bool:
    """Does the last character close what `head` did not open?"""
    if len(head) > _FAR:
        return False
    last = head[-1]
    if last in _OPENED:
        return head.count(last) > head.count(_OPENED[last])
    if last == ";":
        return all(character.isalnum() or character in " ._-;" for character in head)
    return head.count(last) == 1
