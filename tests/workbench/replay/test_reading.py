"""Scenario files: what they mean, what they may leave open, and what is wrong with them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.workbench.replay.reading import (
    ScenarioFault,
    documented_breaches,
    read_file,
    read_text,
)
from nightlatch.workbench.replay.scenario import (
    COUNTS,
    Access,
    Habit,
    Ident,
    Order,
    Place,
    Scenario,
)

IDS = {
    "authy-2024", "facebook-2019", "snapchat-2014", "whatsapp-2025", "tmobile-2023",
    "peloton-2021", "panera-2018", "firstam-2019", "spoutible-2024", "experian-2021",
    "23andme-2023", "kia-2024", "subaru-2024", "vw-cariad-2024", "coinbase-2022",
}  # fmt: skip


def _one(**row: Any) -> Scenario:
    (scenario,) = read_text(json.dumps([row]), "mine.json")
    return scenario


def _fault(**row: Any) -> str:
    with pytest.raises(ScenarioFault) as caught:
        _one(**row)
    return str(caught.value)


# The rows that come along


def test_the_documented_breaches_leave_nothing_open() -> None:
    rows = documented_breaches()

    assert {row.id for row in rows} == IDS
    assert len(rows) == 15
    assert [row.id for row in rows if not row.seen] == ["coinbase-2022"]
    assert not [row.id for row in rows if row.seen and row.assumed]
    assert all(row.addresses == COUNTS and row.sources for row in rows)


def test_they_are_of_every_kind() -> None:
    rows = [row for row in documented_breaches() if row.seen]

    assert {row.order for row in rows} >= {
        Order.LIST, Order.SEQUENTIAL, Order.GENERATED, Order.PREFIX, Order.TARGETED, Order.GUESS,
    }  # fmt: skip
    assert {row.access for row in rows} == set(Access)
    assert {row.place for row in rows} == set(Place)
    assert {row.habit for row in rows} == set(Habit)


# Rows as people write them

WRITTEN: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"kind": "lookup GET/POST by phone", "ident": "phone", "order": "list", "auth": "none"},
     {"method": "GET", "template": "/v1/users/{phone}/status", "access": Access.NONE}),
    ({"kind": "POST contact importer (bulk phone match)", "ident": "phone",
      "order": "generated/list, batched", "auth": "valid (fake accounts)", "accounts": "many fake",
      "rate": "kept just under the allowed flow"},
     {"order": Order.GENERATED, "batch": 100, "access": Access.FAKE, "habit": Habit.SYNC}),
    ({"kind": "POST /ph/find_friends (phones -> usernames)", "ident": "phone",
      "order": "sequential (whole sub-range)", "auth": "valid account", "ips": 1, "accounts": 1},
     {"template": "/ph/find_friends", "order": Order.SEQUENTIAL, "access": Access.VALID,
      "addresses": COUNTS, "place": Place.BODY}),
    ({"kind": "contact discovery, bulk", "ident": "phone", "order": "generated prefixes",
      "auth": "valid (5 sessions)", "accounts": 5},
     {"order": Order.PREFIX, "accounts": 5}),
    ({"kind": "GET document?id=NNNNNNNNN", "ident": "9-digit doc no", "order": "sequential"},
     {"ident": Ident.DOCUMENT, "place": Place.QUERY, "method": "GET"}),
    ({"kind": "POST login + GET relatives", "ident": "user/password pairs", "order": "list",
      "auth": "credential stuffing (no MFA)"},
     {"ident": Ident.PAIR, "access": Access.STUFFING, "template": "/v1/login", "miss_status": 401}),
    ({"kind": "GET user / workout by id", "ident": "user id", "auth": "none; later any user"},
     {"ident": Ident.USER, "access": Access.NONE}),
    ({"kind": "memory dump", "ident": "path guessing", "order": "wordlist",
      "auth": "none on debug endpoint"},
     {"ident": Ident.PATH, "order": Order.GUESS}),
    ({"ident": "VIN (plate->VIN)", "auth": "self-registered dealer (BFLA)", "order": "targeted"},
     {"ident": Ident.VIN, "access": Access.FAKE, "order": Order.TARGETED}),
    ({"order": "single", "auth": "valid; missing logic check", "tried": 1, "records": 0},
     {"seen": False}),
    ({"identifier_type": "email", "batch_size": "1", "hits": "3-32 %", "ips": [1, 50],
      "miss_status": "200 with another body", "rate_per_s": "6,000 per minute"},
     {"ident": Ident.EMAIL, "hit_rate": 0.03, "addresses": (1, 50), "miss_status": 200,
      "rate": 100.0}),
    ({"addresses": "1 / 50 / 2,000", "Hit Rate": 15, "on-miss": {"status": 404}},
     {"addresses": (1, 50, 2_000), "hit_rate": 0.15, "miss_status": 404}),
    ({"addresses": 300, "credential_state": None, "batch": None},
     {"addresses": (300,), "access": Access.NONE, "batch": 1}),
    ({"path": "/people/{id}", "ident": "number", "background": ["homes", "carrier gateways"]},
     {"template": "/people/{customer_id}", "background": ("homes", "carriers")}),
    ({"method": "post", "path": "/check", "parameter": "msisdn", "ident": "phone"},
     {"method": "POST", "template": "/check", "place": Place.BODY, "name": "msisdn"}),
    ({"order": "wildcard", "ident": "username"}, {"order": Order.WILDCARD, "batch": 100}),
    ({"then": {"path": "/v1/friends", "people": 12}}, {"hit_rate": 0.15}),
]  # fmt: skip


def test_words_are_understood() -> None:
    for row, meant in WRITTEN:
        scenario = _one(**row)
        assert {name: getattr(scenario, name) for name in meant} == meant, row
    assert len(WRITTEN) == 17


def test_what_is_left_open_is_assumed_and_said() -> None:
    scenario = _one(id="bare")

    assert scenario.seen
    assert {text.split()[0] for text in scenario.assumed} == {
        "order", "auth", "ident", "rate", "hit_rate", "miss",
    }  # fmt: skip


def test_a_row_may_stand_alone_in_a_list_or_in_toml(tmp_path: Path) -> None:
    toml = tmp_path / "mine.toml"
    toml.write_text('[[rows]]\nid = "a"\nident = "phone"\n[[rows]]\nid = "b"\n')

    assert [row.id for row in read_file(toml)] == ["a", "b"]
    assert read_text('{"id": "a"}', "x.json")[0].id == "a"
    assert read_text('{"scenarios": [{"id": "a"}]}', "x.json")[0].id == "a"
    assert read_text("[{}]", "x.json")[0].id == "row-1"


# Mistakes

MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"batch": -3}, 'field batch: this should be a whole number from 1 to 10,000, not -3.'),
    ({"batch": "large"}, "field batch: this should be a whole number"),
    ({"hit_rate": "most"}, "field hit_rate: this should be a share from 0 to 1, such as 0.15"),
    ({"hits": 300}, "field hit_rate"),
    ({"rate": 0}, "field rate: this should be identifiers tried per second"),
    ({"rate": [1]}, "field rate: this should be a number"),
    ({"addresses": []}, "field addresses"),
    ({"addresses": [0]}, "field addresses: this should be how many addresses"),
    ({"miss": 99}, "field miss: this should be the status"),
    ({"path": "users"}, 'field path: this should begin with "/"'),
    ({"place": "header"}, 'field place: this should be "path", "query" or "body"'),
    ({"method": "G E T"}, "field method"),
    ({"fields": [1]}, "field fields"),
    ({"seen": "maybe"}, "field seen: this should be true or false, not 'maybe'."),
    ({"then": 7}, "field follow"),
    ({"habit": "sleep"}, "field habit: this should be one of own, browse"),
    ({"accounts": 1.5}, "field accounts"),
    ({"hit_ratee": 0.1}, 'field hit_ratee: this is written "hit_rate"'),
    ({"order": {}}, "field order: this should be a text"),
    ({"attempts": 0}, "field attempts"),
    ({"parameter": "a b"}, "field parameter"),
]  # fmt: skip


def test_a_mistake_is_told_with_its_place() -> None:
    for row, words in MISTAKES:
        told = _fault(id="mine-2026", **row)
        assert told.startswith("mine.json, row 1 (mine-2026), field "), told
        assert words in told, told
    assert len(MISTAKES) == 21


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "mine.json: not JSON"),
        ("[]", "a list of rows, with one at least"),
        ("[1]", "mine.json, row 1: a row is an object"),
        ('[{"id": "a"}, {"id": "a"}]', 'row 2: "a" is the id of a row before'),
        ("[" * 100_000, "mine.json: "),
    ],
)
def test_a_file_that_is_none(text: str, words: str) -> None:
    with pytest.raises(ScenarioFault) as caught:
        read_text(text, "mine.json")
    assert words in str(caught.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    for name in ("absent.json", "bytes.json", "."):
        with pytest.raises(ScenarioFault, match=r"."):
            read_file(tmp_path / name)


# Whatever is written, nothing but a scenario or a fault comes of it

_FIELDS = """id kind ident order batch auth accounts addresses ips rate hit_rate miss fields classes
    background then seen records src derived tried path method place parameter attempts
    honest_miss habit space owasp"""
_NAMES = st.sampled_from(tuple(word for word in _FIELDS.split()))
_WORDS = st.sampled_from(
    ("list", "none", "many fake", "GET /a/{b}", "1/50", "15 %", "phone", "1e999", "-1", "٣", "{}")
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(st.lists(st.dictionaries(_NAMES | st.text(max_size=10), _VALUES, max_size=8), max_size=3))
def test_no_row_raises_anything_but_its_own_fault(rows: list[dict[str, Any]]) -> None:
    scenarios, fault = _tried(json.dumps(rows), "any.json")

    assert bool(fault) != (len(scenarios) == len(rows) > 0)
    for scenario in scenarios:
        assert scenario.addresses
        assert scenario.batch >= 1
        assert scenario.rate > 0
        assert 0 <= scenario.hit_rate <= 1
        assert scenario.attempts_from(scenario.addresses[0]) >= 1


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_no_text_raises_anything_but_its_own_fault(text: str) -> None:
    for name in ("any.json", "any.toml"):
        scenarios, fault = _tried(text, name)
        assert scenarios or fault.startswith(name)


def _tried(text: str, name: str) -> tuple[list[Scenario], str]:
    try:
        return read_text(text, name), ""
    except ScenarioFault as fault:
        return [], str(fault)
