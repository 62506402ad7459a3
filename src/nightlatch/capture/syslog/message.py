"""One syslog message: RFC 5424, or RFC 3164 as it is really sent.

Of the old form nearly everything is optional in the wild: the priority, the host's name, the year;
rsyslog, nginx and journald also write RFC 3339 timestamps into it. A text that is neither is still
a message, all of which is its text; only what is not even begun rightly is malformed.
"""

import re
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from nightlatch.capture.wires.reading import Malformed
from nightlatch.capture.zones import without_zone

_HIGHEST = 191
"""Facility 23, severity 7."""
_PRIORITY = re.compile(r"<(\d{1,3})>")
_HEADER = re.compile(
    r"1 (?P<at>\S{1,64}) (?P<host>\S{1,255}) (?P<app>\S{1,48}) \S{1,128} \S{1,32} "
)
_ELEMENT = re.compile(r'\[([^\s=\]"]{1,32})')
_PARAMETER = re.compile(r' +([^\s=\]"]{1,32})="([^"\\\]]*+(?:\\.[^"\\\]]*+)*)"', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\\]])')
_ISO_TIME = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?):? ")
_OLD_TIME = re.compile(
    r"(?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2}) (?:(?P<year>\d{4}) )?"
    r"(?P<time>\d\d:\d\d:\d\d)(?P<part>\.\d{1,9})?(?: (?P<late>\d{4}))?(?: UTC)?:? "
)
_TAG = re.compile(r"([\w/][\w./@+-]{0,63})(?:\[[^\]\s]{0,64}\])?:(?: |$|(?=\{))")
_HOST = re.compile(r"([\w.:%\-]{1,255}) +(?=[^\s:\[\]]{1,64}(?:\[[^\]\s]{0,64}\])?:)")
_MONTHS = {
    "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6, "Jul": 7, "Aug": 8, "Sep": 9,
    "Oct": 10, "Nov": 11, "Dec": 12,
}  # fmt: skip

EMPTY = Malformed("empty")
BAD_PRIORITY = Malformed("its priority is none")
BAD_HEADER = Malformed("its header cannot be read")
BAD_STRUCTURE = Malformed("its structured data cannot be read")


class SyslogMessage(Struct, frozen=True):
    at: float | None
    """None where it does not say."""
    host: str
    app: str
    text: str
    data: dict[str, str]
    """The parameters of structured data, as "element.name" and as "name"."""


def read_message(data: bytes, now: float) -> SyslogMessage | Malformed:
    """`now` is when it came: it tells the year, where the message does not."""
    text = data.decode("utf-8", "replace").rstrip("\r\n\0")
    if not text.strip():
        return EMPTY
    begin = 0
    if text.startswith("<"):
        priority = _PRIORITY.match(text)
        if priority is None or int(priority[1]) > _HIGHEST:
            return BAD_PRIORITY
        begin = priority.end()
        if text.startswith("1 ", begin):
            return _read_new(text, begin, now)
    return _read_old(text, begin, now)


def _read_new(text: str, begin: int, now: float) -> SyslogMessage | Malformed:
    """RFC 5424."""
    header = _HEADER.match(text, begin)
    if header is None:
        return BAD_HEADER
    structured = _read_structure(text, header.end())
    if structured is None:
        return BAD_STRUCTURE
    data, end = structured
    said = text[end:].removeprefix(" ").removeprefix("\ufeff")
    return SyslogMessage(
        at=_iso(header["at"], now),
        host=_unless_nil(header["host"]),
        app=_unless_nil(header["app"]),
        text=said,
        data=data,
    )


def _read_structure(text: str, at: int) -> tuple[dict[str, str], int] | None:
    """Its parameters, and where it ends; None where it is none."""
    data: dict[str, str] = {}
    if text.startswith("-", at):
        return data, at + 1
    begin = at
    while element := _ELEMENT.match(text, at):
        name, at = element[1].partition("@")[0], element.end()
        while parameter := _PARAMETER.match(text, at):
            value = _ESCAPED.sub(r"\1", parameter[2])
            data[f"{name}.{parameter[1]}"] = value
            data.setdefault(parameter[1], value)
            at = parameter.end()
        if not text.startswith("]", at):
            return None
        at += 1
    return (data, at) if at > begin else None


def _read_old(text: str, begin: int, now: float) -> SyslogMessage:
    """RFC 3164, as much of it as is there."""
    moment, at = _old_moment(text, begin, now)
    host = ""
    if moment is not None and (named := _HOST.match(text, at)):
        host, at = named[1], named.end()
    tag = _TAG.match(text, at) if at else None
    if tag is not None:
        return SyslogMessage(moment, host, tag[1], text[tag.end() :], {})
    return SyslogMessage(moment, host, "", text[at:], {})


def _old_moment(text: str, begin: int, now: float) -> tuple[float | None, int]:
    """The moment, and where what follows it begins."""
    if told := _ISO_TIME.match(text, begin):
        return _iso(told[1], now), told.end()
    told = _OLD_TIME.match(text, begin)
    if told is None or told["month"] not in _MONTHS:
        return None, begin
    year = told["year"] or told["late"]
    month, day = _MONTHS[told["month"]], int(told["day"])
    arrived = datetime.fromtimestamp(now, UTC).year
    years = [int(year)] if year else [arrived - 1, arrived, arrived + 1]
    moments = [at for one in years if (at := _moment(one, month, day, told["time"])) is not None]
    if not moments:
        return None, told.end()
    nearest = min(moments, key=lambda at: abs(at - now)) + float(told["part"] or 0)
    return without_zone(nearest, now), told.end()


def _moment(year: int, month: int, day: int, time: str) -> float | None:
    hour, minute, second = map(int, time.split(":"))
    try:
        # A leap second is the next one.
        begun = datetime(year, month, day, hour, minute, tzinfo=UTC)
        return (begun + timedelta(seconds=second)).timestamp()
    except (ValueError, OverflowError):
        return None


def _iso(told: str, now: float) -> float | None:
    try:
        moment = datetime.fromisoformat(told.replace(",", "."))
        if moment.tzinfo is None:
            return without_zone(moment.replace(tzinfo=UTC).timestamp(), now)
        return moment.timestamp()
    except (ValueError, OverflowError):
        return None


def _unless_nil(told: str) -> str:
    return "" if told == "-" else told
