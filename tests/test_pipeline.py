"""The story of one exchange, told to all the real rooms together."""

import json
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.conversations import LOOK_UP, LOOK_UP_KEY, NOW, Conversation, phone

from nightlatch.exchange.credential import CredentialState
from nightlatch.exchange.exchange import Body, Ending, Request, Response
from nightlatch.exchange.facts import Contract, Directives, Expectation
from nightlatch.exchange.headers import Headers, headers_of
from nightlatch.exchange.judgement import Action, DetectionKind, Level, Mode, Phase
from nightlatch.exchange.measure import Measure, MeasureKind
from nightlatch.exchange.record import Posture, Record
from nightlatch.store.codec import decode_record, encode_record

TOKEN = "s3cr3t-opaque-token-of-a-user-0001"


# The breach


def test_a_stranger_who_gets_a_persons_data_is_high_on_the_first_request() -> None:
    record = Conversation().ask(
        "/v1/users/17/contact", {"phone": phone(17), "email": "ada@example.com", "name": "Ada"}
    )

    assert record.level is Level.HIGH
    assert "personal-data-to-strangers" in {finding.check for finding in record.findings}
    assert record.reason
    assert record.decision.action is Action.ALLOW


def test_a_look_up_is_one_endpoint_and_its_subject_is_counted() -> None:
    talk = Conversation()
    records = [talk.look_up(number) for number in range(200)]

    assert {record.endpoint for record in records} == {LOOK_UP_KEY}
    assert all(record.hit and len(record.asked) == 1 for record in records)
    assert len({subject for record in records for subject in record.disclosed}) == 200
    assert talk.look_up(0).disclosed == records[0].disclosed
    assert talk.look_up(999, hit=False).disclosed == ()


@pytest.mark.slow
def test_one_stranger_who_guesses_is_stopped_within_a_hundred_people() -> None:
    talk = _after_honest_life(Conversation("enforce"))
    attack = [talk.look_up(number, hit=number % 7 == 0) for number in range(3_000, 5_000)]

    disclosed = {subject for record in attack for subject in record.disclosed}
    assert 0 < len(disclosed) <= 100
    assert attack[-1].ending is Ending.REFUSED
    assert attack[-1].level is Level.HIGH
    found = [detection for record in attack for detection in record.detections]
    assert DetectionKind.ENUMERATION in {detection.kind for detection in found}
    assert not [record for record in talk.records[:400] if record.refused]


def test_what_was_refused_disclosed_nobody() -> None:
    talk = Conversation("enforce", budgets_caller_burst=3)
    records = [talk.look_up(number) for number in range(40)]

    refused = [record for record in records if record.refused]
    assert refused
    assert all(record.disclosed == () for record in refused)
    assert all(record.status in (403, 429) for record in refused)
    # Behind an address there may be many: whoever solves the puzzle is heard by itself.
    assert refused[-1].decision.action is Action.CHALLENGE
    assert "different people" in refused[-1].decision.reason
    assert not [record for record in records if not record.refused and not record.disclosed]


def test_observe_answers_everyone_and_records_the_decision_it_would_have_taken() -> None:
    watched = Conversation("observe", budgets_caller_burst=3)
    enforced = Conversation("enforce", budgets_caller_burst=3)
    seen = [watched.look_up(number) for number in range(40)]
    stopped = [enforced.look_up(number) for number in range(40)]

    assert not [record for record in seen if record.refused]
    assert all(record.status == 200 and record.disclosed for record in seen)
    would = [number for number, one in enumerate(seen) if one.decision.action is not Action.ALLOW]
    assert would == [number for number, one in enumerate(stopped) if one.refused]
    assert all(seen[number].decision.mode is Mode.OBSERVE for number in would)


def test_a_bulk_look_up_counts_everyone_in_it() -> None:
    numbers = [phone(number) for number in range(500)]
    record = Conversation().ask(
        "/v1/lookup",
        [{"phone": number, "registered": True} for number in numbers],
        method="POST",
        sent={"phones": numbers},
    )

    assert len(record.asked) == 500
    assert len(record.disclosed) == 500


def _after_honest_life(talk: Conversation) -> Conversation:
    """Four hundred people ask once each, for a number that exists nine times out of ten."""
    for person in range(400):
        address = f"192.0.{person // 200}.{person % 200 + 1}"
        talk.look_up(person, hit=person % 10 != 0, address=address)
    return talk


# Credentials


def test_a_credential_proves_something_only_at_a_door_known_to_turn_others_away() -> None:
    talk = Conversation()
    bearer = (("authorization", f"Bearer {TOKEN}"),)

    first = talk.ask("/v1/profile", {"phone": phone(1)}, route="/v1/profile", headers=bearer)
    assert first.posture is not Posture.PROTECTED
    assert first.stranger or first.posture is Posture.UNKNOWN

    for _ in range(30):
        talk.ask("/v1/profile", {"error": "unauthorized"}, 401, route="/v1/profile")
        talk.ask("/v1/profile", {"phone": phone(1)}, route="/v1/profile", headers=bearer)

    later = talk.ask("/v1/profile", {"phone": phone(1)}, route="/v1/profile", headers=bearer)
    assert later.posture is Posture.PROTECTED
    assert later.credential_state is CredentialState.ACCEPTED
    assert not later.stranger
    assert later.level is Level.LOW
    assert "personal-data-to-strangers" not in {finding.check for finding in later.findings}


def test_an_open_door_does_not_believe_a_made_up_token() -> None:
    talk = Conversation("enforce", budgets_caller_burst=3)
    records = [
        talk.look_up(number, headers=(("authorization", f"Bearer made-up-token-{number:05}"),))
        for number in range(400)
    ]

    assert records[-1].refused, "a fresh token for each request is not a fresh caller"


# What people decide


def test_must_authenticate_turns_strangers_away_and_nobody_else() -> None:
    talk = Conversation("enforce")
    talk.look_up(0)
    contract = Contract(LOOK_UP_KEY, Expectation.MUST_AUTHENTICATE, "Ada", "not for the public")
    talk.apply(Directives(1, contracts=(contract,)))

    record = talk.look_up(1)

    assert (record.status, record.ending) == (401, Ending.REFUSED)
    assert record.decision.rule == "must-authenticate"
    assert record.decision.phase is Phase.REQUEST
    assert "not for the public (Ada)" in record.decision.reason
    assert talk.ask("/health", {"status": "ok"}, route="/health").ending is Ending.ANSWERED


def test_what_is_decided_for_another_service_is_none_of_its_business() -> None:
    talk = Conversation("enforce")
    others = Contract(LOOK_UP_KEY, Expectation.MUST_AUTHENTICATE, hourly_limit=0, service="crm")
    block = Measure("M1", MeasureKind.BLOCK, "ida", "", 0.0, NOW + 1e6, service="crm")
    talk.apply(Directives(1, contracts=(others,), measures=(block,)))
    assert talk.look_up(1).ending is Ending.ANSWERED
    own = replace(others, service=talk.look_up(1).service)
    talk.apply(Directives(2, contracts=(others, own)))
    assert talk.look_up(2).status == 401


def test_directives_change_the_mode_and_taking_them_back_restores_it() -> None:
    talk = Conversation("observe", budgets_caller_burst=3)
    for number in range(20):
        talk.look_up(number)
    assert not talk.look_up(20).refused

    talk.apply(Directives(1, mode=Mode.ENFORCE))
    assert talk.look_up(21).refused
    talk.apply(Directives(2, mode=Mode.OFF))
    off = talk.look_up(22)
    assert (off.refused, off.decision.mode) == (False, Mode.OFF)
    talk.apply(Directives(3))
    assert talk.look_up(23).decision.mode is Mode.OBSERVE


def test_a_limit_for_one_endpoint_holds_for_all_strangers_together() -> None:
    talk = Conversation("enforce")
    talk.look_up(0, address="192.0.2.1")
    talk.apply(Directives(1, contracts=(Contract(LOOK_UP_KEY, hourly_limit=10),)))

    records = [talk.look_up(number, address=f"203.0.{number}.9") for number in range(1, 60)]

    assert records[-1].refused
    assert records[-1].decision.rule.startswith("budget:strangers:")
    assert len({subject for one in records for subject in one.disclosed}) <= 10


def test_a_contract_can_enforce_one_endpoint_while_the_rest_is_observed() -> None:
    talk = Conversation("observe", budgets_caller_burst=3)
    talk.look_up(0)
    talk.apply(Directives(1, contracts=(Contract(LOOK_UP_KEY, mode=Mode.ENFORCE),)))

    looked_up = [talk.look_up(number) for number in range(30)]
    others = [
        talk.ask(f"/v2/people/{phone(number)}", {"phone": phone(number)}, route="/v2/people/{p}")
        for number in range(30)
    ]

    assert looked_up[-1].refused
    assert not [record for record in others if record.refused]


# Long answers


def _streamed(talk: Conversation, pieces: int) -> tuple[Record, int]:
    """An export of people in pieces of ten; how many pieces left before it was cut."""
    request = Request("GET", "https", "api.example", "/v1/export", "", headers_of([]), "192.0.2.9")
    head = headers_of([("content-type", "application/x-ndjson")])
    response = Response(200, head, Body(b"", 0, truncated=True))
    pipeline = talk.pipeline
    flight = pipeline.on_request(request, talk.now)
    decision = pipeline.on_response(flight, request, response, "/v1/export", talk.now)
    left = 0
    for piece in range(pieces):
        rows = [json.dumps({"phone": phone(piece * 10 + row)}) + "\n" for row in range(10)]
        decision = pipeline.on_stream(flight, "".join(rows).encode(), talk.now)
        if decision.withhold:
            break
        left += 1
    ending = Ending.REFUSED if decision.withhold else Ending.ANSWERED
    record = pipeline.on_exchange(flight, request, response, "/v1/export", ending, 1.0)
    return record, left


def test_people_in_a_stream_are_counted_as_they_leave() -> None:
    record, left = _streamed(Conversation(), 30)

    assert left == 30
    assert 299 <= len(record.disclosed) <= 300


def test_a_stream_is_cut_at_the_budget_and_who_left_before_counts() -> None:
    record, left = _streamed(Conversation("enforce", budgets_caller_burst=50), 30)

    assert record.refused
    assert 4 <= left <= 6
    assert left * 10 - 1 <= len(record.disclosed) <= left * 10


# Hostile input

_LINES = {
    "surrogate path": {"path": "/v1/\udcff\ud800/x"},
    "no path": {"path": ""},
    "relative path": {"path": "v1//..//"},
    "deep path": {"path": "/a" * 5_000},
    "long segment": {"path": "/" + "9" * 100_000},
    "no method": {"method": ""},
    "odd method": {"method": "G\x00T\n"},
    "query of noise": {"query": "&&=&=%&%zz=%ff&a=" + "%00" * 5_000},
    "odd host": {"host": "\x00[:::]:99999999"},
    "odd peer": {"peer": "not an address"},
    "unix peer": {"peer": ""},
    "odd scheme": {"scheme": "\x00"},
}
_HEADERS: dict[str, list[tuple[bytes, bytes]]] = {
    "giant": [(b"x-note", b"a" * 1_000_000)],
    "very many": [(b"x-%d" % number, b"1") for number in range(5_000)],
    "duplicates": [(b"content-length", b"1"), (b"content-length", b"2")] * 50,
    "not text": [(b"\xff\xfe", bytes(range(256))), (b"", b"")],
    "odd credentials": [
        (b"authorization", b"Bearer a.b.c"),
        (b"authorization", b"Basic \xff"),
        (b"authorization", b"AWS4-HMAC-SHA256 Credential="),
        (b"cookie", b"=;=;;a=b=c; \x00"),
    ],
    "odd types": [(b"content-type", b"application/json; charset=\x00; charset=utf-99")],
    "odd forwarding": [(b"x-forwarded-for", b",,,[::,:::,"), (b"forwarded", b'for=";;;"')],
}
_BODIES = {
    "malformed": b'{"phone": ',
    "wrong encoding": b'\xff\xfe{"phone": "\xff"}',
    "deep": b"[" * 50_000,
    "wide": b"[" + b"1," * 30_000 + b"1]",
    "huge number": b'{"id": ' + b"9" * 5_000 + b"}",
    "lone surrogate": b'{"phone": "\\ud800", "\\udfff": 1}',
    "zero bytes": bytes(1_000),
    "duplicate keys": b'{"phone": "+12015550100", "phone": {"phone": null}}',
}


_STATUSES = (0, 99, 204, 304, 999)


def _hostile() -> Iterator[tuple[str, Request, Response]]:
    sound = headers_of([("content-type", "application/json")])
    usual = Request("POST", "https", "api.example", "/v1/users/1", "", sound, "192.0.2.1")
    plain = Response(200, sound, Body(b"{}", 2))
    for name, odd in _LINES.items():
        yield name, replace(usual, **odd), plain
    for name, raw in _HEADERS.items():
        headers = Headers(raw)
        yield name, replace(usual, headers=headers), replace(plain, headers=headers)
    for name, data in _BODIES.items():
        for truncated in (False, True):
            body = Body(data, len(data), truncated, "gzip: damaged" if truncated else "")
            yield name, replace(usual, body=body), Response(500, sound, body)
    for status in _STATUSES:
        yield f"status {status}", usual, Response(status, sound)


@pytest.mark.slow
def test_hostile_input_is_a_value_and_can_be_stored() -> None:
    talk = Conversation("enforce", trusted_proxies=["192.0.2.1"])
    ran = 0
    for name, request, response in _hostile():
        for route in (None, "/v1/users/{user}", "{}{{}"):
            for answer in (response, None):
                record = talk.exchange(request, answer, route)
                kept, data = encode_record(record)
                assert decode_record(data) == kept, name
                ran += 1
    assert ran == 6 * (len(_LINES) + len(_HEADERS) + 2 * len(_BODIES) + len(_STATUSES))
    assert ran > 200


@given(
    path=st.text(max_size=40),
    query=st.binary(max_size=40),
    headers=st.lists(st.tuples(st.binary(max_size=12), st.binary(max_size=30)), max_size=6),
    body=st.binary(max_size=80),
    status=st.integers(100, 599),
)
@settings(max_examples=100, deadline=None)
def test_no_exchange_whatever_raises(
    path: str,
    query: bytes,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
    status: int,
) -> None:
    fields = Headers((name.lower(), value) for name, value in headers)
    whole = Body(body, len(body))
    request = Request(
        "POST", "http", "", "/" + path, query.decode("latin-1"), fields, "::1", body=whole
    )
    record = SHARED.exchange(request, Response(status, fields, whole), None)
    encode_record(record)


SHARED = Conversation()
"""Property tests share one pipeline: building it compiles patterns, and state is welcome here."""


# What is kept

DIGITS = st.text("23456789", min_size=7, max_size=7)
LETTERS = st.text("abcdefghjkmnpqrstuvwxyzABCDEFGH23456789", min_size=16, max_size=24)
PEOPLE = (
    DIGITS.map(lambda digits: f"+1415{digits}")
    | DIGITS.map(lambda digits: f"415{digits}")
    | LETTERS.map(lambda name: f"{name}@example.org")
)
SECRETS = (
    LETTERS.map(lambda rest: f"AKIA{rest[:16].upper().ljust(16, 'Q')}")
    | LETTERS.map(lambda rest: f"ghp_{(rest * 3)[:36]}")
    | LETTERS.map(lambda rest: f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{rest * 2}")
    | st.sampled_from(["4111111111111111", "5555555555554444", "378282246310005"])
)
Message = tuple[str, str, list[tuple[str, str]], str]
"""Path, query, headers and body in which a value stands."""
PLACES: dict[str, Callable[[str], Message]] = {
    "path": lambda value: (f"/v1/users/{quote(value)}/status", "", [], ""),
    "last of path": lambda value: (f"/v1/look/{value}", "", [], ""),
    "query": lambda value: ("/v1/find", f"who={quote(value, safe='')}&page=2", [], ""),
    "query name": lambda value: ("/v1/find", quote(value, safe=""), [], ""),
    "bearer": lambda value: ("/v1/me", "", [("authorization", f"Bearer {value}")], ""),
    "api key": lambda value: ("/v1/me", "", [("x-api-key", value)], ""),
    "cookie": lambda value: ("/v1/me", "", [("cookie", f"theme=dark; session={value}")], ""),
    "set-cookie": lambda value: ("/v1/me", "", [("set-cookie", f"id={value}; Path=/")], ""),
    "own header": lambda value: ("/v1/me", "", [("x-customer", value)], ""),
    "referer": lambda value: ("/v1/me", "", [("referer", f"https://a.example/?q={value}")], ""),
    "location": lambda value: ("/v1/me", "", [("location", f"/reset?token={value}")], ""),
    "json": lambda value: ("/v1/me", "", [], json.dumps({"contact": value, "n": 1})),
    "json list": lambda value: ("/v1/me", "", [], json.dumps({"all": [{"x": value}] * 3})),
    "json name": lambda value: ("/v1/me", "", [], json.dumps({value: True})),
    "password": lambda value: ("/v1/me", "", [], json.dumps({"password": value})),
    "broken json": lambda value: ("/v1/me", "", [], json.dumps({"contact": value})[:-1]),
    "text": lambda value: ("/v1/me", "", [], f"call {value} before noon"),
}


@pytest.mark.slow
@pytest.mark.parametrize("place", sorted(PLACES))
@given(value=PEOPLE | SECRETS)
@settings(max_examples=40, deadline=None)
def test_no_secret_and_no_person_is_kept_in_clear(place: str, value: str) -> None:
    path, query, pairs, text = PLACES[place](value)
    data = text.encode()
    headers = headers_of([("content-type", "application/json"), *pairs])
    body = Body(data, len(data))
    request = Request("POST", "https", "api.example", path, query, headers, "192.0.2.1", body=body)
    for route in (None, "/v1/users/{phone}/status"):
        record = SHARED.exchange(request, Response(200, headers, body), route)
        kept = encode_record(record)[1]
        for spelling in {value, quote(value), quote(value, safe=""), value.removeprefix("+")}:
            assert spelling.encode() not in kept, (place, record.endpoint)


def test_the_record_of_a_refusal_shows_our_answer_and_nothing_of_theirs() -> None:
    talk = Conversation("enforce", budgets_caller_burst=3)
    secrets = [f"ghp_{number:036}" for number in range(30)]
    people = [{"phone": phone(number), "note": secret} for number, secret in enumerate(secrets)]
    records = [
        talk.ask("/v1/people", people[page : page + 5], route="/v1/people", query=f"page={page}")
        for page in range(0, 30, 5)
    ]

    held = [one for one in records if one.refused and one.decision.phase is Phase.RESPONSE]
    assert held
    for record in records:
        kept = encode_record(record)[1]
        assert not [secret for secret in secrets if secret.encode() in kept]
        assert not [number for number in range(30) if phone(number).encode() in kept]
    # A challenge's puzzle is not kept.
    kept_answers = [one for one in held if one.decision.action is Action.REFUSE]
    assert all(json.loads(one.response.body)["status"] == one.status for one in kept_answers)


def test_every_moment_is_told_the_time() -> None:
    talk = Conversation(pace=5.0)
    record = talk.look_up(1)
    assert record.at == NOW + 5.0
    assert record.endpoint == f"GET {LOOK_UP}"
