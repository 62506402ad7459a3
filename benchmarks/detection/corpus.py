"""Recorded requests with a label, read one by one from JSON lines.

A directory holds `*.jsonl.gz` and `*.jsonl`; each line is an object with `method`, `target`,
`headers` (pairs), `body` (base64), `label` (1 an attack, 0 legitimate), `set`, and where there is
one `group` and `testcase`. Files come from anywhere, so a mistake names its file and line.
"""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal

import msgspec
from msgspec import Struct

MAX_LINE = 64 << 20
"""Bytes of one line; a compressed file without line ends would otherwise fill the memory."""


class CorpusError(Exception):
    """A corpus cannot be read; the message says which file, which line, and what is wrong."""


class Row(Struct, frozen=True, gc=False):
    """One line: a request as it was sent, and whether it was an attack."""

    method: str
    target: str
    """As on the request line: not decoded."""
    headers: tuple[tuple[str, str], ...]
    body: bytes
    label: Literal[0, 1]
    set: str
    group: str = ""
    testcase: str = ""
    id: str = ""

    @property
    def attack(self) -> bool:
        return self.label == 1

    @property
    def kind(self) -> str:
        """The class of attack, as finely as the corpus names it."""
        return "/".join(filter(None, (self.group, self.testcase))) or "-"


def corpus_files(directory: Path) -> list[Path]:
    """The corpus files of a directory, by name; CorpusError when there are none."""
    if not directory.is_dir():
        raise CorpusError(f"{directory}: no such directory")
    files = sorted(
        path
        for path in directory.iterdir()
        if path.name.endswith((".jsonl", ".jsonl.gz")) and path.is_file()
    )
    if not files:
        raise CorpusError(f"{directory}: there is no *.jsonl.gz or *.jsonl file in it")
    return files


def read_rows(path: Path) -> Iterator[tuple[Row, int]]:
    """Every row of a file, with how many bytes of the file were read for it."""
    number = position = 0
    try:
        with path.open("rb") as raw, _plain(raw, path) as lines:
            while line := lines.readline(MAX_LINE):
                number += 1
                if len(line) == MAX_LINE:
                    raise CorpusError(f"{path.name}, line {number}: longer than {MAX_LINE} bytes")
                if not line.isspace():
                    before, position = position, raw.tell()
                    yield _row(line), position - before
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{path.name}, line {number}: {error}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise CorpusError(f"{path.name}, after line {number}: {error}") from error


def _row(line: bytes) -> Row:
    # Not msgspec's decoder: attacks have lone surrogates in them, which it refuses.
    return msgspec.convert(json.loads(line), Row)


def _plain(raw: IO[bytes], path: Path) -> IO[bytes]:
    # A cast would hide that gzip's own class is an IO[bytes] in all but name.
    return gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw  # type: ignore[return-value]
