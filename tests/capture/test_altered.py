"""Answers that leave, but not as they are: slowed, without fields, uniform, with their limits."""

import asyncio
import gzip
import itertools
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.capture.recording import (
    JSON,
    Recording,
    Talk,
    answering,
    http_scope,
    length,
    part,
    start,
    talk,
)

from nightlatch.capture.excision import WHOLE_LIMIT
from nightlatch.capture.ports import Application
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.judgement import Action, Decision, Mode
from nightlatch.exchange.spent import Spent

HIT = b'{"phone": "+15550100", "name": "Ada", "score": 1.10}'


def altering(**how: Any) -> Recording:
    mode = how.pop("mode", Mode.ENFORCE)
    decision = Decision(Action.ALLOW, mode, **how)
    return Recording(at_request=lambda _: decision, at_response=lambda _: decision)


def hear(inline: Recording, app: Application, **changes: Any) -> Talk:
    return asyncio.run(talk(inline.around(app), http_scope(**changes)))


def json_app(body: bytes = HIT, *headers: tuple[bytes, bytes], status: int = 200) -> Application:
    return answering(start(status, JSON, length(len(body)), *headers), part(body))


ALTERATIONS: list[dict[str, Any]] = [
    {"delay": 5.0},
    {"without": ("phone",)},
    {"uniform": True},
    {"allowances": (Spent("address:a", "hour", 1, 2, 3),)},
]


@pytest.mark.parametrize("how", ALTERATIONS)
def test_in_observe_mode_nothing_changes(how: dict[str, Any]) -> None:
    bare = asyncio.run(talk(json_app()))
    assert hear(altering(mode=Mode.OBSERVE, **how), json_app()).sent == bare.sent


# Without fields


def test_fields_are_taken_out_at_any_depth_and_the_rest_stays_as_it_is() -> None:
    body = (
        b'{"users": [{"Phone": "+15550100", "id": 12345678901234567890123, "x": 1.10},'
        b' [{"phone": {"a": 1}, "e": 1E400, "n": null}]], "phone": 1, "\\u00e9": "\xc3\xa9"}'
    )
    heard = hear(altering(without=("phone",)), json_app(body, (b"etag", b'"1"'), (b"x-a", b"b")))
    assert heard.body == (
        b'{"users":[{"id":12345678901234567890123,"x":1.10},[{"e":1E400,"n":null}]],'
        b'"\xc3\xa9":"\xc3\xa9"}'
    )
    assert heard.headers[b"content-length"] == b"%d" % len(heard.body)
    assert heard.headers[b"x-a"] == b"b"
    # It would tell by its hash whether a guessed value is the right one.
    assert b"etag" not in heard.headers


def test_an_answer_without_the_fields_is_not_touched() -> None:
    inline = altering(without=("email",))
    assert hear(inline, json_app()).sent == asyncio.run(talk(json_app())).sent
    (finished,) = inline.finished
    assert finished.ending is Ending.ANSWERED


def test_the_record_has_what_the_application_said() -> None:
    inline = altering(without=("phone",))
    hear(inline, json_app())
    (finished,) = inline.finished
    assert finished.response is not None
    assert finished.response.body.data == HIT


def test_packed_answers_are_unpacked() -> None:
    packed = gzip.compress(HIT, mtime=0)
    heard = hear(altering(without=("phone",)), json_app(packed, (b"content-encoding", b"gzip")))
    assert json.loads(heard.body) == {"name": "Ada", "score": 1.1}
    assert b"content-encoding" not in heard.headers


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_other_encodings_become_utf_8(encoding: str) -> None:
    body = '{"phone": 1, "ä": 2}'.encode(encoding)
    media = (b"content-type", f"application/json; charset={encoding}".encode())
    heard = hear(altering(without=("phone",)), answering(start(200, media), part(body)))
    assert heard.body == '{"ä":2}'.encode()
    assert heard.headers[b"content-type"] == b"application/json"


def test_an_answer_in_pieces_is_held_until_it_is_whole() -> None:
    app = answering(
        start(200, JSON), part(HIT[:10], more=True), part(HIT[10:], more=True), part(b"")
    )
    heard = hear(altering(without=("phone",)), app)
    assert json.loads(heard.body) == {"name": "Ada", "score": 1.1}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, len(HIT)), max_size=4), st.booleans(), st.booleans())
def test_however_an_answer_is_cut_and_packed(cuts: list[int], sized: bool, packed: bool) -> None:
    body = gzip.compress(HIT, mtime=0) if packed else HIT
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    pieces = [body[edge:until] for edge, until in itertools.pairwise(edges)]
    fields = [JSON, *([length(len(body))] if sized else [])]
    if packed:
        fields.append((b"content-encoding", b"gzip"))
    parts = [part(piece, more=True) for piece in pieces]
    heard = hear(altering(without=("phone",)), answering(start(200, *fields), *parts, part()))
    assert heard.body == b'{"name":"Ada","score":1.10}'
    assert heard.headers[b"content-length"] == b"27"


def test_an_answer_beyond_the_capture_limit_is_held_until_it_is_whole() -> None:
    body = b'[{"phone": 1}, "%b"]' % (b"x" * 300_000)
    heard = hear(altering(without=("phone",)), json_app(body))
    assert heard.body == b'[{},"%b"]' % (b"x" * 300_000)


@pytest.mark.parametrize(
    ("media", "body"),
    [
        (b"application/json", b'{"phone": "+15550100"'),
        (b"application/json", b'{"phone": "+15550100"} trailing'),
        (b"application/json", b"\xff\xfe\xfd"),
        (b"application/json", b'{"phone": 1, "x": "\\ud800"}'),
        (b"application/json", b"[" * 5_000 + b"]" * 5_000),
        (b"application/json", b'["%b"]' % (b"x" * WHOLE_LIMIT)),
        (b"application/xml", b"<phone>+15550100</phone>"),
        (b"text/csv", b"phone\n+15550100"),
        (b"application/msgpack", b"\x81\xa5phone\x01"),
        (b"application/octet-stream", b"phone"),
        (b"application/x-ndjson", b'{"phone": 1}\n{"phone": 2}\n'),
        (b"text/event-stream", b'data: {"phone": 1}\n\n'),
    ],
)
def test_what_cannot_be_cleaned_is_withheld(media: bytes, body: bytes) -> None:
    inline = altering(without=("phone",))
    heard = hear(inline, answering(start(200, (b"content-type", media)), part(body)))
    assert heard.status == 503
    assert b"5550100" not in heard.body
    (finished,) = inline.finished
    assert finished.ending is Ending.REFUSED
    assert finished.response is not None
    assert finished.response.ours


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (206, ((b"content-range", b"bytes 10-22/52"),), b'"+15550100"'),
        (200, ((b"content-encoding", b"gzip"),), gzip.compress(HIT, mtime=0)[:-9]),
        (200, ((b"content-encoding", b"gzip"),), gzip.compress(b'{"phone":1}' * 10**6, mtime=0)),
        (200, ((b"content-encoding", b"unknown"),), HIT),
    ],
)
def test_ranges_and_damaged_codings_are_withheld(
    status: int, headers: tuple[tuple[bytes, bytes], ...], body: bytes
) -> None:
    app = json_app(body, *headers, status=status)
    assert hear(altering(without=("phone",)), app).status == 503


def test_a_file_by_its_path_is_withheld() -> None:
    app = answering(start(200, JSON), {"type": "http.response.pathsend", "path": "/x.json"})
    heard = hear(altering(without=("phone",)), app)
    assert [message["type"] for message in heard.sent] == [
        "http.response.start",
        "http.response.body",
    ]
    assert heard.status == 503


@pytest.mark.parametrize("media", [b"image/png", b"text/html; charset=utf-8", b"text/css"])
def test_what_has_no_named_fields_passes(media: bytes) -> None:
    app = answering(start(200, (b"content-type", media)), part(b"phone"))
    heard = hear(altering(without=("phone",)), app)
    assert (heard.status, heard.body) == (200, b"phone")


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_answers_without_a_body_do_not_tell_its_length(method: str, status: int) -> None:
    app = answering(start(status, JSON, length(52), (b"etag", b'"1"')), part())
    heard = hear(altering(without=("phone",)), app, method=method)
    assert heard.status == status
    assert heard.headers == {b"content-type": b"application/json"}


def test_fields_that_only_the_answer_asks_to_take_out_are_taken_out_of_what_is_whole() -> None:
    decision = Decision(Action.ALLOW, Mode.ENFORCE, without=("phone",))
    late = Recording(at_response=lambda _: decision)
    assert b"phone" not in hear(late, json_app()).body
    unsized = answering(start(200, JSON), part(HIT, more=True), part())
    assert hear(late, unsized).status == 503


# Uniform

MISS = b'{"detail": "nobody has this number"}'


def test_found_and_not_found_look_the_same() -> None:
    inline = altering(uniform=True)
    found = hear(inline, json_app(HIT, (b"x-user", b"7"), (b"set-cookie", b"a=b")))
    missed = hear(inline, json_app(MISS, status=404))
    assert found.sent == missed.sent
    assert found.status == 202
    assert b"Ada" not in found.body
    assert [finished.ending for finished in inline.finished] == [Ending.ANSWERED] * 2
    statuses = [finished.response.status for finished in inline.finished if finished.response]
    assert statuses == [200, 404]


def test_so_do_streams_downloads_answers_in_pieces_and_errors() -> None:
    expected = hear(altering(uniform=True), json_app()).sent
    apps = [
        answering(start(200, JSON), part(HIT, more=True), part(HIT)),
        answering(start(200, (b"content-type", b"text/event-stream")), part(HIT, more=True)),
        answering(start(200, (b"content-type", b"image/png")), part(HIT)),
        answering(start(204)),
        answering(start(200, JSON), part(HIT, more=True), then=RuntimeError("theirs")),
        answering(then=RuntimeError("theirs")),
    ]
    for app in apps:
        inline = altering(uniform=True)
        assert hear(inline, app).sent == expected
        assert len(inline.finished) == 1


def test_the_applications_error_is_still_its_own() -> None:
    inline = altering(uniform=True)
    heard = hear(inline, answering(then=RuntimeError("theirs")))
    assert isinstance(heard.raised, RuntimeError)
    (finished,) = inline.finished
    assert finished.ending is Ending.RAISED


def test_a_uniform_head_has_no_body() -> None:
    heard = hear(altering(uniform=True), json_app(b""), method="HEAD")
    assert heard.body == b""
    assert heard.headers == hear(altering(uniform=True), json_app()).headers


def test_a_page_of_another_origin_may_still_read_it() -> None:
    allowed = (b"access-control-allow-origin", b"https://app.example")
    heard = hear(altering(uniform=True), json_app(HIT, allowed))
    assert heard.headers[allowed[0]] == allowed[1]


@pytest.mark.slow
def test_uniform_answers_wait_for_each_other() -> None:
    inline = altering(uniform=True)

    async def slow_hit(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.2)
        await json_app()(scope, receive, send)

    async def both() -> float:
        capture = inline.around(slow_hit)
        await talk(capture)
        capture.app = json_app(MISS, status=404)
        began = time.perf_counter()
        await talk(capture)
        return time.perf_counter() - began

    assert asyncio.run(both()) >= 0.19


# Slow-down


@pytest.mark.slow
def test_an_answer_waits() -> None:
    inline = altering(delay=0.2)
    began = time.perf_counter()
    heard = hear(inline, json_app())
    assert time.perf_counter() - began >= 0.2
    assert heard.body == HIT
    (finished,) = inline.finished
    assert finished.duration >= 0.2


@pytest.mark.slow
def test_only_so_many_wait_and_the_others_are_refused() -> None:
    inline = altering(delay=0.3)

    async def crowd() -> list[Talk]:
        capture = inline.around(json_app())
        capture.delays._at_once = 5
        return await asyncio.gather(*(talk(capture, http_scope()) for _ in range(20)))

    heard = asyncio.run(crowd())
    assert [one.status for one in heard].count(200) == 5
    refused = [one for one in heard if one.status == 429]
    assert len(refused) == 15
    assert {one.headers[b"retry-after"] for one in refused} == {b"1"}
    endings = [finished.ending for finished in inline.finished]
    assert endings.count(Ending.REFUSED) == 15


def test_who_hangs_up_makes_room() -> None:
    inline = altering(delay=10.0)

    async def hang_up() -> int:
        capture = inline.around(json_app())
        task = asyncio.create_task(talk(capture))
        await asyncio.sleep(0.1)
        assert capture.delays._waiting == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return capture.delays._waiting

    assert asyncio.run(hang_up()) == 0


def test_a_delay_has_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nightlatch.capture.delays.LONGEST", 0.01)
    assert hear(altering(delay=1e9), json_app()).status == 200


@pytest.mark.parametrize("fail", ["open", "closed"])
def test_a_fault_of_the_delay_holds_nothing_up(monkeypatch: pytest.MonkeyPatch, fail: str) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE", raising=False)
    app = altering(delay=float("nan")).around(json_app(), fail=fail)

    async def broken(_: float) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(app.delays, "wait", broken)
    assert asyncio.run(talk(app)).body == HIT


@pytest.mark.parametrize(("fail", "status"), [("open", 200), ("closed", 503)])
def test_a_fault_of_the_alteration(monkeypatch: pytest.MonkeyPatch, fail: str, status: int) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE", raising=False)

    def broken(*_: object) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr("nightlatch.capture.hold.without", broken)
    app = altering(without=("phone",)).around(json_app(), fail=fail)
    assert asyncio.run(talk(app)).status == status


# Limits, told

ADDRESS = Spent("address:198.51.100.7", "minute", 58, 60, 12, "requests")
PEOPLE = Spent("strangers", "day", 30, 20, 3_600)
TOLD = {
    b"ratelimit-policy": b'"address-minute-requests";q=60;w=60,'
    b' "strangers-day-people";q=20;w=86400;qu="people"',
    b"ratelimit": b'"address-minute-requests";r=2;t=12, "strangers-day-people";r=0;t=3600',
    b"ratelimit-limit": b"60",
    b"ratelimit-remaining": b"2",
    b"ratelimit-reset": b"12",
}


def test_allowances_are_told_in_standard_fields() -> None:
    heard = hear(altering(allowances=(ADDRESS, PEOPLE)), json_app())
    assert heard.body == HIT
    told = {name: value for name, value in heard.headers.items() if name.startswith(b"ratelimit")}
    assert told == TOLD
    assert b"198.51.100.7" not in b"".join(told.values())


def test_allowances_are_told_with_a_refusal_too() -> None:
    decision = Decision(
        Action.REFUSE, Mode.ENFORCE, "limit", "", 429, 12, allowances=(ADDRESS, PEOPLE)
    )
    heard = hear(Recording(at_request=lambda _: decision), json_app())
    assert heard.status == 429
    assert heard.headers[b"retry-after"] == b"12"
    assert heard.headers[b"ratelimit"] == TOLD[b"ratelimit"]
