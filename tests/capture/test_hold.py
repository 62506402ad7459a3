"""The hold, message by message: what may leave when."""

import gzip
import random
from collections.abc import Callable
from typing import Any

import pytest
from tests.capture.recording import JSON, WITHHOLD, length, part, start

from nightlatch.capture.hold import PATIENCE, Answer, Carrier, State, carrier_of, declares_length
from nightlatch.exchange.exchange import Response
from nightlatch.exchange.headers import headers_of
from nightlatch.exchange.judgement import ALLOW_ENFORCE, Decision

LIMIT = 100


class Conversation:
    """An Answer, what it was asked, and the time it believes it is."""

    def __init__(
        self,
        method: str = "GET",
        judge: Callable[[Response], Decision] = lambda _: ALLOW_ENFORCE,
        inspect: Callable[[bytes], Decision] = lambda _: ALLOW_ENFORCE,
    ) -> None:
        self.now = 1000.0
        self.judged: list[Response] = []
        self.inspected: list[bytes] = []
        self._judge = judge
        self._inspect = inspect
        self.answer = Answer(method, LIMIT, self.on_judge, self.on_inspect, lambda: self.now)

    def on_judge(self, response: Response) -> Decision:
        self.judged.append(response)
        return self._judge(response)

    def on_inspect(self, piece: bytes) -> Decision:
        self.inspected.append(piece)
        return self._inspect(piece)

    def send(self, *messages: dict[str, Any]) -> list[int]:
        """How many messages left after each one sent."""
        return [len(self.answer.take(message)) for message in messages]


def media(name: bytes) -> tuple[bytes, bytes]:
    return (b"content-type", name)


def test_a_sized_document_is_held_until_it_is_whole() -> None:
    talk = Conversation()
    left = talk.send(start(200, JSON, length(6)), part(b"[1,", more=True), part(b"23]"))
    assert left == [0, 0, 3]
    assert talk.judged[0].body.data == b"[1,23]"
    assert not talk.judged[0].body.truncated
    assert talk.answer.complete


def test_an_unsized_document_in_one_message_is_whole_too() -> None:
    talk = Conversation()
    assert talk.send(start(200, JSON), part(b"[1]")) == [0, 2]
    assert not talk.judged[0].body.truncated


def test_an_unsized_document_in_pieces_is_a_stream_from_its_first() -> None:
    talk = Conversation()
    left = talk.send(start(200, JSON), part(b"[", more=True), part(b"1", more=True), part(b"]"))
    assert left == [0, 2, 1, 1]
    assert talk.judged[0].body.data == b"["
    assert talk.judged[0].body.truncated
    assert talk.inspected == [b"1", b"]"]


def test_beyond_the_limit_the_rest_is_inspected_before_it_leaves() -> None:
    talk = Conversation()
    body = bytes(range(250)) * 2
    left = talk.send(
        start(200, JSON, length(500)),
        part(body[:90], more=True),
        part(body[90:300], more=True),
        part(body[300:]),
    )
    assert left == [0, 0, 3, 1]
    assert talk.judged[0].body.data == body[:LIMIT]
    assert talk.judged[0].body.truncated
    assert talk.inspected == [body[100:300], body[300:]]
    response = talk.answer.response()
    assert response is not None
    assert response.body.size == 500


def test_one_large_message_is_refused_and_not_cut() -> None:
    # Nothing has left yet, so a verdict on its far end can still be a proper answer.
    talk = Conversation(inspect=lambda piece: WITHHOLD if b"secret" in piece else ALLOW_ENFORCE)
    out = list(talk.send(start(200, JSON, length(70_006)), part(b"x" * 70_000 + b"secret")))
    assert out == [0, 2]
    assert talk.answer.state is State.WITHHELD
    assert talk.answer.complete


def test_a_compressed_answer_beyond_the_limit_is_inspected_decoded() -> None:
    text = random.Random(7).randbytes(400).hex().encode()
    packed = gzip.compress(text)
    head = start(200, JSON, (b"content-encoding", b"gzip"), length(len(packed)))
    talk = Conversation()
    assert talk.send(head, part(packed[:300], more=True), part(packed[300:])) == [0, 2, 1]
    assert talk.judged[0].body.data + b"".join(talk.inspected) == text


def test_patience_ends_at_the_next_message() -> None:
    talk = Conversation()
    assert talk.send(start(200, JSON, length(9)), part(b"[1", more=True)) == [0, 0]
    talk.now += PATIENCE + 0.1
    assert talk.send(part(b",2", more=True), part(b",3,4]")) == [3, 1]
    assert talk.judged[0].body.data == b"[1,2"
    assert talk.judged[0].body.truncated
    assert talk.inspected == [b",3,4]"]


@pytest.mark.parametrize(
    "head",
    [
        start(200, media(b"text/event-stream")),
        start(200, media(b"application/x-ndjson"), length(10)),
        start(200, media(b"image/png"), length(10)),
        start(200, media(b"application/octet-stream")),
        start(204, JSON),
        start(304, JSON, length(10)),
    ],
    ids=lambda head: str(head["headers"][:1] or head["status"]),
)
def test_the_head_is_judged_and_leaves_at_once(head: dict[str, Any]) -> None:
    talk = Conversation()
    assert talk.send(head) == [1]
    assert len(talk.judged) == 1
    assert talk.send(part(b"a", more=True), part(b"b")) == [1, 1]
    assert len(talk.judged) == 1


def test_head_requests_have_no_body_to_judge() -> None:
    talk = Conversation("HEAD")
    assert talk.send(start(200, JSON, length(9)), part(b"ignored")) == [1, 1]
    assert talk.judged[0].body.size == 0
    assert not talk.judged[0].body.truncated
    response = talk.answer.response()
    assert response is not None
    assert response.body.size == 0


def test_opaque_bodies_pass_uninspected() -> None:
    talk = Conversation()
    talk.send(start(200, media(b"image/png")), part(b"\x89PNG", more=True), part(b""))
    assert talk.judged[0].body.truncated
    assert talk.inspected == []


def test_a_withheld_answer_swallows_the_rest() -> None:
    talk = Conversation(judge=lambda _: WITHHOLD)
    left = talk.send(start(200, JSON), part(b"[", more=True), part(b"]"), {"type": "other"})
    assert left == [0, 2, 0, 0]
    response = talk.answer.response()
    assert response is not None
    assert response.status == 429


@pytest.mark.parametrize("kind", ["http.response.pathsend", "http.response.zerocopysend"])
def test_files_by_extension_end_the_hold_and_the_answer(kind: str) -> None:
    talk = Conversation()
    assert talk.send(start(200, JSON, length(9)), {"type": kind, "path": "/a"}) == [0, 2]
    assert talk.answer.complete
    withheld = Conversation(judge=lambda _: WITHHOLD)
    assert withheld.send(start(200, JSON, length(9)), {"type": kind, "path": "/a"}) == [0, 2]
    assert withheld.answer.state is State.WITHHELD


def test_extensions_before_and_after_pass() -> None:
    talk = Conversation()
    left = talk.send(
        {"type": "http.response.debug", "info": {}},
        {"type": "http.response.push", "path": "/style"},
        {"type": "http.response.early_hint", "links": []},
        start(200, JSON, trailers=True),
        part(b"[]"),
        {"type": "http.response.trailers", "headers": []},
    )
    assert left == [1, 1, 1, 0, 2, 1]
    assert talk.answer.complete


def test_zero_copies_in_pieces() -> None:
    talk = Conversation()
    piece = {"type": "http.response.zerocopysend", "file": 3, "more_body": True}
    assert talk.send(start(200, media(b"video/mp4")), piece) == [1, 1]
    assert not talk.answer.complete
    talk.send({**piece, "more_body": False})
    assert talk.answer.complete


@pytest.mark.parametrize(
    ("content_type", "carrier"),
    [
        (None, Carrier.DOCUMENT),
        ("", Carrier.DOCUMENT),
        ("application/json", Carrier.DOCUMENT),
        ("Application/JSON; charset=utf-8", Carrier.DOCUMENT),
        ("application/problem+json", Carrier.DOCUMENT),
        ("application/soap+xml", Carrier.DOCUMENT),
        ("application/x-www-form-urlencoded", Carrier.DOCUMENT),
        ("text/csv", Carrier.DOCUMENT),
        ("text/event-stream;charset=utf-8", Carrier.STREAM),
        ("application/x-ndjson", Carrier.STREAM),
        ("application/jsonl", Carrier.STREAM),
        ("application/json-seq", Carrier.STREAM),
        ("application/stream+json", Carrier.STREAM),
        ("multipart/x-mixed-replace", Carrier.OPAQUE),
        ("application/octet-stream", Carrier.OPAQUE),
        ("image/png", Carrier.OPAQUE),
        ("application/pdf", Carrier.OPAQUE),
    ],
)
def test_carriers(content_type: str | None, carrier: Carrier) -> None:
    assert carrier_of(content_type) is carrier


@pytest.mark.parametrize(
    ("value", "declared"),
    [("0", True), ("42", True), ("", False), ("-1", False), ("4 2", False), ("٣", False)],
)
def test_only_a_well_formed_length_counts(value: str, declared: bool) -> None:
    pairs = [("content-length", value)] if value.isascii() else []
    assert declares_length(headers_of(pairs)) is declared
