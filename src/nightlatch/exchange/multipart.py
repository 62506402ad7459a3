"""The fields of a multipart/form-data body (RFC 7578), by python-multipart's sans-I/O parser."""

from __future__ import annotations

from logging import getLogger
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_FIELDS = 1_000
MAX_FIELD = 256 * 1024
"""Bytes of a text field that are read; the rest of it is left out. More than a body is captured by
default: what is padded with a few KB must not hide what comes after."""
MAX_FILE = 8 * 1024
"""Bytes of a file that are kept for a look at what it begins with."""
MAX_FILES = 64


_SILENT = getLogger(__name__)
"""The parser warns of each malformed body: anybody could fill the log of the application."""
_SILENT.disabled = True


class Parts(Struct, frozen=True):
    fields: tuple[tuple[str, str], ...] = ()
    """Text fields as (name, value); of a file `("avatar.filename", "me.png")`."""
    files: tuple[tuple[str, bytes], ...] = ()
    """The beginning of each uploaded file, by the name of its field."""
    complete: bool = True
    fault: str = ""


def read_parts(data: bytes, boundary: str, charset: str) -> Parts:
    """Read text fields, file names and how the files begin. Never raises."""
    # Imported at the first upload: most applications never see one.
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser

    if not boundary:
        return Parts(fault="no boundary declared", complete=False)
    collector = _Collector(charset)
    try:
        parser = MultipartParser(boundary.encode("latin-1", "replace"), collector.callbacks())
        parser.logger = _SILENT
        parser.write(data)
    except (FormParserError, ValueError) as error:
        fault, complete = f"not multipart: {error}", False
    else:
        fault, complete = "", collector.ended and not collector.left_out
    return Parts(tuple(collector.fields), tuple(collector.files), complete, fault)


class _Collector:
    """Gathers what the parser calls back with."""

    def __init__(self, charset: str) -> None:
        self.fields: list[tuple[str, str]] = []
        self.files: list[tuple[str, bytes]] = []
        self.ended = False
        self.left_out = False
        """A field was longer, or there were more of them, than the bounds allow."""
        self._charset = charset
        self._header = bytearray()
        self._header_value = bytearray()
        self._disposition = b""
        self._value = bytearray()
        self._name = ""
        self._is_file = False

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_piece,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        self._disposition = b""
        self._value.clear()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_piece(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._header_value)
        self._header.clear()
        self._header_value.clear()

    def _headers_finished(self) -> None:
        from python_multipart.multipart import parse_options_header

        _, options = parse_options_header(self._disposition)
        self._name = self._text(options.get(b"name", b""))
        file_name = options.get(b"filename")
        self._is_file = file_name is not None
        if file_name is not None:
            self._add(f"{self._name}.filename", self._text(file_name))

    def _data(self, data: bytes, start: int, end: int) -> None:
        room = (MAX_FILE if self._is_file else MAX_FIELD) - len(self._value)
        self._value += data[start : min(end, start + room)]
        if not self._is_file and end - start > room:
            self.left_out = True

    def _end(self) -> None:
        if not self._is_file:
            self._add(self._name, self._text(self._value))
        elif len(self.files) < MAX_FILES:
            self.files.append((self._name, bytes(self._value)))

    def _finish(self) -> None:
        self.ended = True

    def _add(self, name: str, value: str) -> None:
        if len(self.fields) < MAX_FIELDS:
            self.fields.append((name, value))
        else:
            self.left_out = True

    def _text(self, raw: bytes | bytearray) -> str:
        return raw.decode(self._charset, "replace")
