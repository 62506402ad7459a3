"""Lists of addresses with a bad name, as an operator keeps them in files.

Takes the formats of FireHOL netsets, Spamhaus DROP (text and JSON lines), Tor's bulk and detailed
exit lists and plain lists: one address, network or `first-last` range to a line.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path

from msgspec import Struct

_KNOWN_ADDRESSES = 8192
_NAMED_FAULTS = 3
"""Bad lines of a file that are named; the others are only counted."""
_SILENT = ("ExitNode ", "Published ", "LastStatus ")
"""Lines of Tor's detailed list that carry no address."""

_ENTRY = re.compile(r"(?:ExitAddress\s+)?([^\s;-]+)(?:\s*(-)\s*([^\s;]+))?(?=[\s;]|$)")
"""An address, network or range at the beginning; what follows is the list's own remark."""

Range = tuple[int, int, int]
"""IP version, first and last address as numbers."""


class ReputationList(Struct, frozen=True):
    """One file: sorted ranges that do not overlap, by IP version."""

    name: str
    starts: dict[int, list[int]]
    ends: dict[int, list[int]]

    def holds(self, version: int, number: int) -> bool:
        at = bisect_right(self.starts[version], number) - 1
        return at >= 0 and number <= self.ends[version][at]


class Reputation:
    """What the loaded lists say of an address."""

    def __init__(self, lists: Sequence[ReputationList], faults: Sequence[str] = ()) -> None:
        self.lists = tuple(lists)
        self.faults = tuple(faults)
        """Files and lines that could not be read, in words, for `nightlatch doctor`."""
        self._known: dict[str, str] = {}

    @classmethod
    def load(cls, paths: Iterable[Path]) -> "Reputation":
        """Read list files, each named after its file. What cannot be read is reported in `faults`:
        a bad line must not cost the rest of the list, nor a bad list the application."""
        lists: list[ReputationList] = []
        faults: list[str] = []
        for path in paths:
            try:
                lines = path.read_text("utf-8", "replace").splitlines()
            except OSError as error:
                faults.append(f"{path}: cannot be read ({error.strerror})")
                continue
            ranges, bad = read_list(lines)
            faults += _line_faults(path, bad)
            lists.append(_merged(path.stem, ranges))
        return cls(lists, faults)

    def look_up(self, address: str) -> str | None:
        """The name of the first list that holds `address`, "" when none does, None when no list
        is loaded."""
        if not self.lists:
            return None
        known = self._known.get(address)
        if known is None:
            if len(self._known) >= _KNOWN_ADDRESSES:
                self._known.clear()
            known = self._known[address] = self._search(address)
        return known

    def _search(self, address: str) -> str:
        try:
            parsed = ip_address(address)
        except ValueError:
            return ""
        number = int(parsed)
        for entry in self.lists:
            if entry.holds(parsed.version, number):
                return entry.name
        return ""


def read_list(lines: Sequence[str]) -> tuple[list[Range], list[int]]:
    """The ranges in a list's lines, and the numbers of the lines that hold none."""
    ranges: list[Range] = []
    bad: list[int] = []
    for number, line in enumerate(lines, 1):
        text = _bare(line)
        if not text:
            continue
        try:
            ranges.append(_read_range(text))
        except ValueError:
            bad.append(number)
    return ranges, bad


def _bare(line: str) -> str:
    """The address part of a line, empty for comments and headings."""
    text = line.partition("#")[0].strip().lstrip("\ufeff")
    if text.startswith("{"):
        return _from_json(text)
    if text.startswith(_SILENT):
        return ""
    entry = _ENTRY.match(text)
    return text.partition(";")[0] if entry is None else "".join(entry.groups(""))


def _from_json(text: str) -> str:
    """The network of a JSON line, empty for the line of metadata that Spamhaus ends with."""
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return str(row.get("cidr", "")) if isinstance(row, dict) else text


def _read_range(text: str) -> Range:
    first, dash, last = text.partition("-")
    if dash:
        low, high = ip_address(first), ip_address(last)
        if low.version != high.version or int(low) > int(high):
            raise ValueError(text)
        return low.version, int(low), int(high)
    network = ip_network(text, strict=False)
    return network.version, int(network[0]), int(network[-1])


def _merged(name: str, ranges: list[Range]) -> ReputationList:
    starts: dict[int, list[int]] = {4: [], 6: []}
    ends: dict[int, list[int]] = {4: [], 6: []}
    for version, first, last in sorted(ranges):
        if ends[version] and first <= ends[version][-1] + 1:
            ends[version][-1] = max(ends[version][-1], last)
        else:
            starts[version].append(first)
            ends[version].append(last)
    return ReputationList(name, starts, ends)


def _line_faults(path: Path, bad: list[int]) -> list[str]:
    if not bad:
        return []
    named = ", ".join(map(str, bad[:_NAMED_FAULTS]))
    more = " and others" if len(bad) > _NAMED_FAULTS else ""
    return [f"{path}: {len(bad)} lines hold no address or network (line {named}{more})"]
