"""Records in pages: many together compress to a thirtieth of their size, for a microsecond each.

A page holds what nobody searches in. It lies in the row of that one of its records which happened
last, and is pruned last; the other rows name that row. Bodies lie in columns of their own.
"""

from collections.abc import Sequence
from typing import Any

import duckdb
import msgspec
import zstandard
from msgspec import Struct
from msgspec.structs import replace

from nightlatch.exchange.masking import MASK
from nightlatch.exchange.record import Message, Record
from nightlatch.store.codec import decode_record, encode_records
from nightlatch.store.ports import StoreFailed

PAGE = 64
"""Records: with more, reading one costs more and a page is hardly smaller."""

COLUMNS = "id, record, page_of, place, request_body, response_body"
"""What `read` needs of each row."""

_DOT = MASK[0]
_STAND_IN = "\x7f"
"""For the dots of masks: DuckDB writes ASCII three times as fast as other text, and folds it four
times as fast."""

_split = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode


class Page(Struct, frozen=True, gc=False):
    """Up to PAGE records, ready to be written."""

    records: Sequence[Record]
    """Without the bodies that are beside them; without lone surrogates."""
    request_bodies: Sequence[str]
    response_bodies: Sequence[str]
    data: bytes
    carrier: int
    """The place of the record that happened last."""


def pages(records: Sequence[Record]) -> list[Page]:
    return [_page(records[start : start + PAGE]) for start in range(0, len(records), PAGE)]


def read(cursor: duckdb.DuckDBPyConnection, rows: Sequence[tuple[Any, ...]]) -> list[Record]:
    """The records of rows of COLUMNS, in their order; pages are looked up by the same cursor, which
    must be within one transaction. Raises StoreFailed."""
    try:
        opened = _opened(cursor, {page_of for _, _, page_of, *_ in rows if page_of is not None})
        return [_record(row, opened) for row in rows]
    except (msgspec.DecodeError, zstandard.ZstdError, LookupError) as error:
        raise StoreFailed(
            "a record in the events file cannot be read: a newer Nightlatch wrote it, or the file "
            "is damaged"
        ) from error


def _page(records: Sequence[Record]) -> Page:
    requests = [_lifted(record.request) for record in records]
    responses = [_lifted(record.response) for record in records]
    bare = [
        replace(record, request=request, response=response)
        for record, (request, _), (response, _) in zip(records, requests, responses, strict=True)
    ]
    sound, data = encode_records(bare)
    return Page(
        records=sound,
        request_bodies=[body for _, body in requests],
        response_bodies=[body for _, body in responses],
        # Compressing lets go of the interpreter lock: other threads get their turn here.
        data=zstandard.compress(data, 1),
        carrier=max(range(len(sound)), key=lambda place: sound[place].at),
    )


def _lifted(message: Message) -> tuple[Message, str]:
    """The message without its body, and the body; a body with more than ASCII and the dots of masks
    stays in it: SQL's `lower` does not fold it as Python does."""
    body = message.body
    beside = body.replace(_DOT, _STAND_IN)
    if not body or not beside.isascii() or _STAND_IN in body:
        return message, ""
    return Message(message.headers, "", message.size, message.truncated, message.fault), beside


def beside_page(text: str) -> str | None:
    """What to look for in the bodies beside pages, for a text without capitals; None when no such
    body can have it."""
    return None if _STAND_IN in text else text.replace(_DOT, _STAND_IN)


def _opened(cursor: duckdb.DuckDBPyConnection, carriers: set[str]) -> dict[str, list[msgspec.Raw]]:
    """The pages in the rows with these ids. Ids sort by time: the range spares most of the file."""
    if not carriers:
        return {}
    found = cursor.execute(
        "SELECT id, page FROM records WHERE id BETWEEN ? AND ? AND id IN (SELECT unnest(?))",
        [min(carriers), max(carriers), list(carriers)],
    )
    return {carrier: _split(zstandard.decompress(data)) for carrier, data in found.fetchall()}


def _record(row: tuple[Any, ...], opened: dict[str, list[msgspec.Raw]]) -> Record:
    _, whole, page_of, place, request_body, response_body = row
    if page_of is None:
        # Version 1 wrote each record for itself.
        return decode_record(whole)
    record = decode_record(opened[page_of][place])
    if not request_body and not response_body:
        return record
    return replace(
        record,
        request=_with_body(record.request, request_body),
        response=_with_body(record.response, response_body),
    )


def _with_body(message: Message, beside: str) -> Message:
    return replace(message, body=beside.replace(_STAND_IN, _DOT)) if beside else message
