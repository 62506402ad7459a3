"""Records and documents as bytes: maps by field name, so that what is old reads under newer code.

A field added with a default is filled in; a field that is gone is skipped. Records are MessagePack,
documents JSON, which a person can read in the database.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from nightlatch.exchange.record import Record

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Record)


def encode_record(record: Record) -> tuple[Record, bytes]:
    """The record as it will be read again, and its bytes.

    It is the same record but for lone surrogates, which are not Unicode text and which a hostile
    path can bring: each becomes "?".
    """
    try:
        return record, _encoder.encode(record)
    except UnicodeEncodeError:
        data = _encoder.encode(_scrubbed(msgspec.to_builtins(record)))
        return _decoder.decode(data), data


def encode_records(records: Sequence[Record]) -> tuple[Sequence[Record], bytes]:
    """The same of many at once: as they will be read again, and the bytes of one array."""
    try:
        return records, _encoder.encode(records)
    except UnicodeEncodeError:
        sound = [encode_record(record)[0] for record in records]
        return sound, _encoder.encode(sound)


def decode_record(data: bytes | msgspec.Raw) -> Record:
    """Raises `msgspec.DecodeError` (or its child `ValidationError`) for what is not a record."""
    return _decoder.decode(data)


def encode_document(document: msgspec.Struct) -> str:
    """The document as JSON; lone surrogates become "?"."""
    try:
        return msgspec.json.encode(document).decode()
    except UnicodeEncodeError:
        return msgspec.json.encode(_scrubbed(msgspec.to_builtins(document))).decode()


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return unicode_text(value)
    if isinstance(value, dict):
        return {key: _scrubbed(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_scrubbed(child) for child in value]
    return value


def unicode_text(text: str) -> str:
    """The text with "?" for every lone surrogate."""
    return text.encode("utf-8", "replace").decode()
