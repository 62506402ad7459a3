"""W3C extended log files: a `#Fields` line names the columns (www.w3.org/TR/WD-logfile)."""

from collections.abc import Callable, Iterable, Mapping

from nightlatch.capture.logs import values as v
from nightlatch.capture.logs.values import ABSENT, Fault, Line, Unread, Values

MAX_COLUMNS = 200

_COLUMNS: dict[str, str] = {
    "c-ip": v.PEER,
    "cs-username": v.USER,
    "cs-method": v.METHOD,
    "cs-uri": v.TARGET,
    "cs-uri-stem": v.PATH,
    "c-uri": v.TARGET,
    "c-uri-stem": v.PATH,
    "cs-uri-query": v.QUERY,
    "c-uri-query": v.QUERY,
    "cs-host": v.HOST,
    "x-host-header": v.HOST,
    "cs-version": v.VERSION,
    "cs-protocol-version": v.VERSION,
    "cs-protocol": v.SCHEME,
    "sc-status": v.STATUS,
    "sc-bytes": v.SENT,
    "time-taken": v.SECONDS,
    "x-forwarded-for": v.FORWARDED_FOR,
    "cs-user-agent": v.USER_AGENT,
    "cs-referer": v.REFERER,
    "cs-cookie": v.REQUEST_HEADER + "cookie",
}
_HEADER = {"cs(": v.REQUEST_HEADER, "sc(": v.RESPONSE_HEADER}


class Delimited:
    """Remembers the columns of the last `#Fields` line; of several files each needs its own."""

    def __init__(
        self,
        *,
        separator: str = " ",
        renamed: dict[str, str] | None = None,
        undo: Callable[[str], str] = str,
        requires: frozenset[str] = frozenset(),
    ) -> None:
        """`renamed` are columns that mean something else to this software; `undo` takes its escapes
        out of a header."""
        self._separator = separator
        self._known = {**_COLUMNS, **(renamed or {})}
        self._undo = undo
        self._requires = requires
        self._columns: list[str] = []

    def directive(self, text: str) -> None:
        """A line that begins with "#"."""
        name, _, rest = text[1:].partition(":")
        if name.strip().lower() == "fields":
            columns = rest.split()[:MAX_COLUMNS]
            ours = not self._requires or not self._requires.isdisjoint(columns)
            self._columns = [self._meaning(column) for column in columns] if ours else []

    def read(self, text: str) -> Line:
        """Raises Unread."""
        if not self._columns:
            raise Unread(Fault.NO_FIELDS)
        cells = text.split(self._separator)
        if len(cells) != len(self._columns):
            raise Unread(Fault.SHAPE)
        return self._line(zip(self._columns, cells, strict=True))

    def named(self, cells: Mapping[str, str]) -> Line:
        """A line that has the names of its columns with it."""
        return self._line((self._meaning(column), cell) for column, cell in cells.items())

    def _line(self, cells: Iterable[tuple[str, str]]) -> Line:
        undo = self._undo
        told = {name: undo(cell) if ":" in name else cell for name, cell in cells if name}
        _join_time(told)
        return Line(told)

    def _meaning(self, column: str) -> str:
        known = self._known.get(column.lower())
        if known is not None:
            return known
        lower = column.lower()
        if lower in ("date", "time"):
            return lower
        for opening, meaning in _HEADER.items():
            if lower.startswith(opening) and lower.endswith(")"):
                return meaning + lower[len(opening) : -1]
        return ""


def _join_time(told: Values) -> None:
    """Date and time are two columns, in UTC, of the moment the exchange was over."""
    date, time = told.pop("date", ""), told.pop("time", "")
    if date not in ABSENT and time not in ABSENT:
        told[v.ENDED] = f"{date}T{time}Z"
