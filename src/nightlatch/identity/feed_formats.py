"""The formats that lists of addresses come in."""

import csv
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from io import StringIO
from itertools import islice
from typing import Any

from nightlatch.identity.feeds import Feed, FeedRefused, Format, Reading
from nightlatch.identity.prefixes import Ranges, at_once, read_range

_SILENT = ("ExitNode ", "Published ", "LastStatus ")
"""Lines of Tor's detailed list that carry no address."""
_ENTRY = re.compile(r"(?:ExitAddress\s+)?([^\s;-]+)(?:\s*(-)\s*([^\s;]+))?(?=[\s;]|$)")
"""An address, network or range at the beginning; what follows is the list's own remark."""
_PROBE = 50
"""Rows of a CSV by which its columns are guessed."""
_STEP = 1_000
MAX_TEXT = 256 << 20
"""Bytes that a gzip file may unpack to."""
_DEPTH = 12
"""How deep JSON is searched for addresses."""
_NO_ADDRESSES = frozenset({"version", "spec_version", "build", "useragent", "user_agent"})
"""Names in JSON whose values only look like addresses."""
_INDICATOR = re.compile(
    r"ipv[46]-addr:value\s{0,8}(?:(?:=|ISSUBSET)\s{0,8}('[^'\\]{2,64}')|IN\s{0,8}\(([^)]{2,8000})\))",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"'([^'\\]{2,64})'")
_NEGATED = re.compile(r"\bNOT\b|!=", re.IGNORECASE)


def read_list(data: bytes, feed: Feed, now: float, pause: Callable[[], None] = at_once) -> Reading:
    """The ranges in a list's bytes. `pause` is called every thousand lines. Raises FeedRefused for
    what is no list at all."""
    text = _unpacked(data).decode("utf-8-sig", "replace")
    start = text[:512].lstrip()
    if start.startswith("<"):
        raise FeedRefused("it is a page of HTML or XML, not a list")
    chosen = feed.format
    if chosen is Format.AUTO:
        chosen = _guess(text, start)
    if chosen in (Format.JSON, Format.STIX):
        return _read_json(text, chosen, now, pause)
    if chosen is Format.CSV:
        return _read_csv(text, feed.column, pause)
    return read_lines(StringIO(text), pause)


def _unpacked(data: bytes) -> bytes:
    """Many lists are kept as gzip files."""
    if data[:2] != b"\x1f\x8b":
        return data
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(data, MAX_TEXT)
    except zlib.error as error:
        raise FeedRefused(f"it is not the gzip file that it begins as: {error}") from error
    if not unpacker.eof:
        raise FeedRefused(f"it breaks off, or unpacks to more than {MAX_TEXT >> 20} MiB")
    return text


def _guess(text: str, start: str) -> Format:
    if start.startswith("["):
        return Format.JSON
    if start.startswith("{"):
        first = text.lstrip().partition("\n")[0].rstrip()
        # A whole value in the first line, and more lines: JSON lines, which are read as lines are.
        lines = first.endswith("}") and len(text.strip()) > len(first)
        return Format.TEXT if lines else Format.JSON
    return Format.CSV if _delimiter(_rows_to_probe(text)) else Format.TEXT


def read_lines(lines: Iterable[str], pause: Callable[[], None] = at_once) -> Reading:
    """One address, network or range to a line; comments after "#" and ";"."""
    ranges = Ranges()
    bad: list[int] = []
    told = 0
    for number, line in enumerate(lines, 1):
        if number % _STEP == 0:
            pause()
        text = _bare(line)
        if not text:
            continue
        told += 1
        try:
            ranges.add(read_range(text))
        except ValueError:
            bad.append(number)
    return Reading(ranges, tuple(bad), told)


def _bare(line: str) -> str:
    """The address part of a line, empty for comments and headings."""
    text = line.partition("#")[0].strip().lstrip("\ufeff")
    if text.startswith("{"):
        return _from_json_line(text)
    if text.startswith(_SILENT):
        return ""
    entry = _ENTRY.match(text)
    return text.partition(";")[0] if entry is None else "".join(entry.groups(""))


def _from_json_line(text: str) -> str:
    """The network of a JSON line, empty for the line of metadata that Spamhaus ends with."""
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(row, dict):
        return text
    return next(
        (str(row[name]) for name in ("cidr", "ip", "address", "network") if name in row), ""
    )


def _rows_to_probe(text: str) -> list[str]:
    """The first rows, without comments."""
    rows = (line.strip() for line in islice(StringIO(text), 4 * _PROBE))
    return [row for row in rows if row and row[0] not in "#;"][:_PROBE]


def _delimiter(rows: Sequence[str]) -> str:
    """What parts the columns, or "" when there is one only. Spamhaus's ";" begins a remark, so that
    is no column unless a second one follows."""
    for delimiter in (",", "\t", "|", ";"):
        least = 2 if delimiter == ";" else 1
        if rows and all(row.count(delimiter) >= least for row in rows):
            return delimiter
    return ""


def _read_csv(text: str, column: int, pause: Callable[[], None]) -> Reading:
    delimiter = _delimiter(_rows_to_probe(text)) or ","
    columns = (column - 1,) if column else _columns(list(islice(_rows(text, delimiter), _PROBE)))
    ranges = Ranges()
    bad: list[int] = []
    number = 0
    for number, row in enumerate(_rows(text, delimiter), 1):
        if number % _STEP == 0:
            pause()
        try:
            ranges.add(read_range("-".join(row[at].strip() for at in columns)))
        except (ValueError, IndexError):
            # The first row may be the columns' names.
            if number > 1:
                bad.append(number)
    return Reading(ranges, tuple(bad), number)


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    try:
        for row in csv.reader(StringIO(text), delimiter=delimiter):
            if row and row[0][:1] != "#":
                yield row
    except csv.Error as error:
        raise FeedRefused(f"it is not a CSV: {error}") from error


def _columns(rows: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """The column that holds addresses, or the two that hold first and last. Raises FeedRefused."""
    width = min(map(len, rows[1:] or rows), default=0)
    good = [at for at in range(width) if _share(row[at] for row in rows[1:] or rows) > 0.9]
    if not good:
        raise FeedRefused("no column of it holds addresses; say which: column=2")
    first, *more = good
    if more and more[0] == first + 1 and _share(f"{r[first]}-{r[first + 1]}" for r in rows) > 0.8:
        return first, first + 1
    return (first,)


def _share(texts: Iterable[str]) -> float:
    """How many of them are ranges."""
    judged = [_is_range(text.strip()) for text in texts]
    return sum(judged) / len(judged)


def _is_range(text: str) -> bool:
    try:
        read_range(text)
    except ValueError:
        return False
    return True


def _read_json(text: str, chosen: Format, now: float, pause: Callable[[], None]) -> Reading:
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FeedRefused(f"it is not JSON: {error}") from error
    found = _indicators(tree, now) if chosen is Format.STIX or _is_stix(tree) else _strings(tree)
    ranges = Ranges()
    for number, each in enumerate(found, 1):
        if number % _STEP == 0:
            pause()
        if _is_range(each):
            ranges.add(read_range(each))
    return Reading(ranges, (), ranges.count)


def _strings(tree: Any, depth: int = _DEPTH) -> Iterator[str]:
    """Every text that may be an address: the publishers agree on nothing else. AWS says ip_prefix,
    Google ipv4Prefix, Azure addressPrefixes, Cloudflare ipv4_cidrs, GitHub the name of a service.
    """
    if isinstance(tree, str):
        if ("." in tree or ":" in tree) and len(tree) <= 64 and "-" not in tree:
            yield tree
    elif depth and isinstance(tree, dict):
        for name, value in tree.items():
            if name not in _NO_ADDRESSES:
                yield from _strings(value, depth - 1)
    elif depth and isinstance(tree, list):
        for value in tree:
            yield from _strings(value, depth - 1)


def _is_stix(tree: Any) -> bool:
    """A bundle, or the envelope that a TAXII 2.1 collection answers with."""
    objects = tree.get("objects") if isinstance(tree, dict) else None
    return isinstance(objects, list) and any(
        isinstance(one, dict) and "spec_version" in one for one in objects
    )


def _indicators(tree: Any, now: float) -> Iterator[str]:
    """Addresses in the patterns of indicators that hold now (STIX 2.1, sections 4.7 and 9)."""
    objects = tree.get("objects") if isinstance(tree, dict) else None
    for one in objects if isinstance(objects, list) else ():
        if not isinstance(one, dict) or one.get("type") != "indicator" or one.get("revoked"):
            continue
        pattern = one.get("pattern")
        if not isinstance(pattern, str) or _NEGATED.search(pattern) or _is_over(one, now):
            continue
        for match in _INDICATOR.finditer(pattern):
            yield from _QUOTED.findall(match[1] or match[2])


def _is_over(indicator: dict[str, Any], now: float) -> bool:
    until = indicator.get("valid_until")
    if not isinstance(until, str):
        return False
    try:
        return datetime.fromisoformat(until).timestamp() < now
    except ValueError:
        return False
