"""A record as bytes: MessagePack maps by field name, so that old records read under newer code.

A field added with a default is filled in; a field that is gone is skipped.
"""

from typing import Any

import msgspec

from nightlatch.exchange.record import Record

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Record)


def encode_record(record: Record) -> bytes:
    """The record as MessagePack. Lone surrogates, which are not Unicode text and which a hostile
    path can bring, become "?"."""
    try:
        return _encoder.encode(record)
    except UnicodeEncodeError:
        return _encoder.encode(_scrubbed(msgspec.to_builtins(record)))


def decode_record(data: bytes) -> Record:
    """Raises `msgspec.DecodeError` (or its child `ValidationError`) for what is not a record."""
    return _decoder.decode(data)


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {key: _scrubbed(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_scrubbed(child) for child in value]
    return value


def scrub(text: str) -> str:
    """The text with "?" for every lone surrogate."""
    return text.encode("utf-8", "replace").decode()
