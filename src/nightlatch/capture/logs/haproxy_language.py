"""HAProxy's `log-format` (configuration manual, section 8.2): text with `%variables`."""

import re

from nightlatch.capture.logs import values as v
from nightlatch.capture.logs.escapes import undo_hashes
from nightlatch.capture.logs.log_format import LineReader
from nightlatch.capture.logs.pattern import Field, FormatFault, Pattern, Shape
from nightlatch.capture.logs.values import Line, Unread

_NAMES = r"(?:[A-Za-z0-9_-]{1,64}(?:\|[A-Za-z0-9_-]{1,64})*)?"
_NAMED = re.compile(rf"(?<!%)\{{{_NAMES}\}} (?:\{{{_NAMES}\}} )?")
_BRACES = re.compile(r"\{([^}]*)\}")
_CAPTURED = r"[^|{}]*+"
_TOKEN = re.compile(
    rf"(?P<named>{_NAMED.pattern})|"
    r"%(?:\{(?P<flags>[-+QXE,]*)\})?"
    r"(?:(?P<both>ci:%cp)|(?P<captured>hr %hs |hr |hs )|(?P<name>[A-Za-z]{1,5})"
    r"|(?P<sample>\[[^\]]*\]))|(?P<percent>%%)"
)
_SYSLOG_HEADER = (
    r"(?>(?:(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\S{1,40}+)"
    r"(?: [^\s\[]{1,255})?? [^\s\[]{1,64}\[\d{1,10}\]: )?)"
)


def _scheme(frontend: str) -> str:
    """%ft: the frontend's name, with "~" after it where the client came over TLS."""
    return "https" if frontend.endswith("~") else "http"


def _aborted(state: str) -> str:
    """%ts: its first letter says who ended the session (section 8.5); C is the client."""
    return state if state.strip('"').startswith("C") else "-"


def _without_port(text: str) -> str:
    """An IPv6 address has no brackets here."""
    return text.rpartition(":")[0] or text


_FRONTEND = Field(v.SCHEME, Shape.WORD, make=_scheme)
_WORD = Field(None, Shape.WORD)
_VARIABLES: dict[str, Field] = {
    "ci": Field(v.PEER, Shape.ADDRESS),
    "tr": Field(v.BEGAN),
    "t": Field(v.BEGAN),
    "T": Field(v.BEGAN),
    "trl": Field(v.BEGAN),
    "trg": Field(v.BEGAN),
    "Tl": Field(v.BEGAN),
    "Ts": Field(v.BEGAN, Shape.NUMBER),
    "ft": _FRONTEND,
    "ST": Field(v.STATUS, Shape.STATUS),
    "B": Field(v.SENT, Shape.NUMBER),
    "Ta": Field(v.MILLISECONDS, Shape.NUMBER),
    "Tt": Field(None, Shape.NUMBER),
    "ts": Field(v.GONE, Shape.WORD, make=_aborted),
    "tsc": Field(v.GONE, Shape.WORD, make=_aborted),
    "r": Field(v.REQUEST),
    "HM": Field(v.METHOD, Shape.WORD),
    "HU": Field(v.TARGET, Shape.WORD),
    "HP": Field(v.PATH),
    "HPO": Field(v.PATH),
    "HQ": Field(v.QUERY),
    "HV": Field(v.VERSION, Shape.WORD),
}
_SAMPLE = re.compile(r"\[(?P<what>[a-z_.]+)(?:\((?P<argument>[^)]*)\))?.*\]")
_SAMPLES = {
    "src": Field(v.PEER, Shape.ADDRESS),
    "method": Field(v.METHOD, Shape.WORD),
    "path": Field(v.PATH),
    "query": Field(v.QUERY),
    "url": Field(v.TARGET),
    "pathq": Field(v.TARGET),
    "capture.req.uri": Field(v.TARGET),
    "capture.req.method": Field(v.METHOD, Shape.WORD),
    "status": Field(v.STATUS, Shape.STATUS),
    "captured": Field(None),
}
_HEADERS = {
    "req.hdr": v.REQUEST_HEADER, "hdr": v.REQUEST_HEADER, "req.fhdr": v.REQUEST_HEADER,
    "res.hdr": v.RESPONSE_HEADER, "shdr": v.RESPONSE_HEADER, "req.cook": v.COOKIE,
}  # fmt: skip


class Named:
    """Lines with captured headers; those without (a client that sent no request has none) as if
    they had no names."""

    def __init__(self, named: Pattern, bare: Pattern) -> None:
        self._named = named
        self._bare = bare

    def read(self, text: str) -> Line:
        """Raises Unread."""
        try:
            return self._named.read(text)
        except Unread:
            return self._bare.read(text)


def haproxy_reader(text: str) -> LineReader:
    """As `haproxy_pattern`; and names in braces where the lines have what was captured of the
    request, and then of the answer: `%ST {Host|User-Agent} {Content-Type} %{+Q}r`, or `{}` for none
    of the request. Raises FormatFault."""
    if not _NAMED.search(text):
        return haproxy_pattern(text)
    return Named(haproxy_pattern(text), haproxy_pattern(_NAMED.sub("%hr %hs ", text, 1)))


def haproxy_pattern(text: str) -> Pattern:
    """Lines may be as they are or behind a syslog header. Raises FormatFault."""
    text = re.sub(r"\\(.)", r"\1", text.removeprefix("log-format").strip())
    parts: list[str | Field] = []
    end, everywhere = 0, False
    for found in _TOKEN.finditer(text):
        parts.append(text[end : found.start()])
        end = found.end()
        flags, what = found["flags"] or "", found["name"]
        if what == "o":
            # For all that follow, until the next one says otherwise.
            everywhere = "+Q" in flags
            continue
        quoted = "+Q" in flags or (everywhere and "-Q" not in flags)
        parts += _part(found, quoted=quoted)
    if not end:
        raise FormatFault("there is no %variable in it")
    return Pattern([*parts, text[end:]], undo_hashes, head=_SYSLOG_HEADER)


def _part(found: re.Match[str], *, quoted: bool) -> list[str | Field]:
    if found["percent"]:
        return ["%"]
    if found["both"]:
        return [Field(v.PEER, Shape.WORD, make=_without_port)]
    if found["named"]:
        return _captured(found["named"])
    if found["captured"]:
        # Where nothing is captured there is nothing, and no second space.
        return [Field(None, Shape.BRACED)]
    field = _sample(found["sample"]) if found["sample"] else _VARIABLES.get(found["name"], _WORD)
    if not quoted:
        return [field]
    if field.shape in (Shape.NUMBER, Shape.STATUS, Shape.ADDRESS):
        # Only what is text is put in quotes, whatever the flag says.
        return [field]
    return ['"', field, '"']


def _captured(text: str) -> list[str | Field]:
    """The values stand in the order of the `capture` lines, with "|" between them; what is in them
    of "|" and braces is escaped."""
    parts: list[str | Field] = []
    kinds = (v.REQUEST_HEADER, v.RESPONSE_HEADER)
    for kind, names in zip(kinds, _BRACES.findall(text), strict=False):
        for number, name in enumerate(names.split("|") if names else ()):
            parts += ["|" if number else "{", Field(kind + name.lower(), expression=_CAPTURED)]
        parts += ["} "] if names else []
    return parts


def _sample(text: str) -> Field:
    found = _SAMPLE.fullmatch(text)
    if found is None:
        return Field(None)
    meaning = _HEADERS.get(found["what"])
    if meaning and found["argument"]:
        name = found["argument"].split(",")[0].strip(" '\"")
        return Field(meaning + (name if meaning == v.COOKIE else name.lower()))
    return _SAMPLES.get(found["what"], _WORD)
