"""What applications and the collector say to each other: batches in, directives back.

`POST /ingest/v1/records` with a bearer token; the body is a MessagePack map, compressed with
zstandard (RFC 8878), the answer a MessagePack map. Unknown keys are ignored on both sides, so
either may be the newer one; what cannot be read under these rules gets another version in the path.
"""

import math
from collections.abc import Sequence

import msgspec
import zstandard
from msgspec import Struct

from nightlatch.exchange.agent import AgentReport
from nightlatch.exchange.facts import Directives
from nightlatch.exchange.record import Record

VERSION = 1
PATH = f"/ingest/v{VERSION}/records"
MEDIA_TYPE = "application/vnd.nightlatch+msgpack"
ENCODING = "zstd"

MAX_RECORDS = 10_000
MAX_BODY = 8 * 1024 * 1024
MAX_BATCH = 32 * 1024 * 1024
"""What a collector takes in one batch: records, bytes compressed, bytes decompressed. Applications
send far less at a time."""
_MAX_WINDOW = 8 * 1024 * 1024
_MAX_ID = 64
# msgspec lets text that is not UTF-8 out as what it is: UnicodeDecodeError, a ValueError.
_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)


class Batch(Struct, frozen=True):
    agent: AgentReport
    records: tuple[Record, ...] = ()
    """None at all is how an application asks for news."""


class Answer(Struct, frozen=True):
    revision: int
    """Of the directives at the collector."""
    directives: Directives | None = None
    """Sent when the application reported another revision."""


class Unreadable(ValueError):
    """It is not what this version can read; the text says what is wrong with it."""


class TooLarge(ValueError):
    """It is larger than the bounds above."""


class _Parcel(Struct):
    """A batch of records that are encoded already."""

    agent: AgentReport
    records: list[msgspec.Raw]


encode_record = msgspec.msgpack.Encoder().encode
_encode = msgspec.msgpack.Encoder().encode
_decode_batch = msgspec.msgpack.Decoder(Batch).decode
_decode_answer = msgspec.msgpack.Decoder(Answer).decode


def pack(agent: AgentReport, records: Sequence[bytes]) -> bytes:
    """A body from records as `encode_record` gave them."""
    parcel = _Parcel(agent, [msgspec.Raw(record) for record in records])
    # A compressor is not for several threads at once, and making one costs nothing to speak of.
    return zstandard.ZstdCompressor(level=1).compress(_encode(parcel))


def unpack(body: bytes, encoding: str, max_bytes: int = MAX_BATCH) -> Batch:
    """The batch in a body. Raises Unreadable or TooLarge, whatever the body is."""
    data = _decompressed(body, encoding, max_bytes)
    try:
        batch = _decode_batch(data)
    except _UNREADABLE as error:
        raise Unreadable(f"not a batch: {error}") from error
    if len(batch.records) > MAX_RECORDS:
        raise TooLarge(f"more than {MAX_RECORDS} records in a batch")
    for record in batch.records:
        _refuse_unsound(record)
    return batch


def pack_answer(answer: Answer) -> bytes:
    return _encode(answer)


def unpack_answer(body: bytes) -> Answer:
    """Raises Unreadable."""
    try:
        return _decode_answer(body)
    except _UNREADABLE as error:
        raise Unreadable(f"not an answer of a Nightlatch collector: {error}") from error


def _decompressed(body: bytes, encoding: str, max_bytes: int) -> bytes:
    if encoding in ("", "identity"):
        data = body
    elif encoding == ENCODING:
        data = _from_zstd(body, max_bytes)
    else:
        raise Unreadable(f"content encoding {encoding!r}, not {ENCODING}")
    if len(data) > max_bytes:
        raise TooLarge(f"more than {max_bytes:,} bytes decompressed")
    return data


def _from_zstd(body: bytes, max_bytes: int) -> bytes:
    # A frame says how large its content is, and `decompress` would believe it: read as a stream,
    # one byte further than allowed.
    decompressor = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW)
    try:
        with decompressor.stream_reader(body) as reader:
            return reader.read(max_bytes + 1)
    except zstandard.ZstdError as error:
        raise Unreadable(f"not zstandard: {error}") from error


def _refuse_unsound(record: Record) -> None:
    """What has the right type and would still poison a store or a counter."""
    if not 0 < len(record.id) <= _MAX_ID:
        raise Unreadable(f"a record's id has {len(record.id)} characters, not 1 to {_MAX_ID}")
    if not (math.isfinite(record.at) and math.isfinite(record.duration)):
        raise Unreadable("a record's time is not a finite number")
    if not 0 <= record.status <= 999:
        raise Unreadable(f"a record's status is {record.status}")
    if min(record.disclosed, default=0) < 0 or min(record.asked, default=0) < 0:
        raise Unreadable("a record's subject is a negative number")
