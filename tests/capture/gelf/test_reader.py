"""GELF messages become exchanges, or are known not to."""

import json
import zlib
from typing import Any

from tests.capture.wires.reading import NOW, texts

from nightlatch.capture.attributes import Attributes, Origin
from nightlatch.capture.gelf.reader import GelfDatagrams, GelfReader
from nightlatch.capture.wires.reading import Malformed, Quiet
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import SourceKind

ORIGIN = Origin(SourceKind.GELF, "gelf-udp")
HERE = "192.0.2.1 4711"


LINE = '192.0.2.7 - - [15/Jan/2027:08:00:00 +0000] "%s HTTP/1.1" 200 12 "-" "curl/8"'


def reader() -> GelfReader:
    return GelfReader(ORIGIN, Attributes(), texts())


def gelf(**fields: Any) -> bytes:
    told = {"version": "1.1", "host": "web-1", "short_message": "hello", "timestamp": NOW - 3}
    return json.dumps(told | fields).encode()


def test_extra_fields_tell_of_an_exchange() -> None:
    data = gelf(_method="GET", _path="/users/7", _status=200, _duration_ms=5)
    seen = reader().read(data, HERE, NOW)
    assert isinstance(seen, Observed)
    assert (seen.request.method, seen.request.path) == ("GET", "/users/7")
    assert (seen.at, seen.service) == (NOW - 3 - 0.005, "web-1")
    assert (seen.source.kind, seen.source.name) == (SourceKind.GELF, "gelf-udp")


def test_so_does_a_line_in_either_message() -> None:
    short = reader().read(gelf(short_message=LINE % "GET /a"), HERE, NOW)
    full = reader().read(gelf(full_message=LINE % "PUT /b"), HERE, NOW)
    assert isinstance(short, Observed)
    assert isinstance(full, Observed)
    assert (short.request.path, full.request.path) == ("/a", "/b")


def test_so_does_json_as_docker_passes_it_on() -> None:
    inner = json.dumps({"method": "GET", "path": "/c", "status": 200})
    seen = reader().read(gelf(short_message=inner, _container_name="shop"), HERE, NOW)
    assert isinstance(seen, Observed)
    assert (seen.request.path, seen.service) == ("/c", "shop")


def test_the_owners_word_on_the_service_is_the_last() -> None:
    owned = GelfReader(Origin(SourceKind.GELF, "x", "shop"), Attributes(), texts())
    seen = owned.read(gelf(_method="GET", _path="/", _service="other"), HERE, NOW)
    assert isinstance(seen, Observed)
    assert seen.service == "shop"


def test_other_messages_are_idle_and_broken_ones_malformed() -> None:
    assert reader().read(gelf(short_message="started"), HERE, NOW) is Quiet.IDLE
    assert isinstance(reader().read(b"{", HERE, NOW), Malformed)


def test_chunks_of_compressed_messages_are_put_together() -> None:
    packed = zlib.compress(gelf(_method="GET", _path="/" + "x" * 500))
    half = len(packed) // 2
    chunks = [
        b"\x1e\x0f12345678\x00\x02" + packed[:half],
        b"\x1e\x0f12345678\x01\x02" + packed[half:],
    ]
    datagrams = GelfDatagrams(reader())
    assert datagrams.read(chunks[1], HERE, NOW) is Quiet.PIECE
    assert isinstance(datagrams.read(chunks[0], HERE, NOW), Observed)
