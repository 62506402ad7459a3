from pathlib import Path

import pytest
from tests.measures import BLOCK, EXEMPT, PEOPLE, REQUESTS, measure
from tests.records import LOOK_UP, NOW, REFUSED, detection, record

from nightlatch.exchange.credential import CredentialKind, CredentialState
from nightlatch.exchange.measure import Measure
from nightlatch.exchange.record import Message, Posture, Record
from nightlatch.policy.asking import Sources
from nightlatch.respond import preview as module
from nightlatch.respond.preview import Preview, preview
from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.memory_events import MemoryEvents
from nightlatch.store.ports import EventStore

HOUR, DAY = 3_600.0, 86_400.0
OFFICE, HOME, ATTACKER = "203.0.113.1", "198.51.100.7", "192.0.2.66"


def _from(address: str, number: int, ago: float, *circles: str, **fields: object) -> Record:
    near = (*circles, f"address:{address}", f"headers:h{number % 6}")
    network = f"network:{address.rpartition('.')[0]}.0/24"
    given = {"circles": (*near, network), "address": address, "at": NOW - ago} | fields
    return record(number, **given)


def a_day() -> list[Record]:
    proven = {
        "credential_kind": CredentialKind.BEARER_OPAQUE,
        "credential_state": CredentialState.ACCEPTED,
        "posture": Posture.PROTECTED,
    }
    # Many programs and accounts behind one address.
    office = [_from(OFFICE, n, n * 600 + 1, f"credential:c{n % 5}", **proven) for n in range(60)]
    # The same program, now and then, all day.
    home = [
        _from(HOME, 60, (n - 59) * HOUR, id=f"{n:026d}", disclosed=(n % 3,)) for n in range(60, 80)
    ]
    before = _from(ATTACKER, 500, 25 * HOUR)
    return [*office, *home, *(_attack(n) for n in range(100, 400)), before]


def _attack(number: int) -> Record:
    exists = number % 5 == 0
    return _from(
        ATTACKER,
        100,
        number - 99,
        id=f"{number:026d}",
        status=200 if exists else 404,
        disclosed=(number,) if exists else (),
        endpoint="GET /me" if number % 3 == 0 else LOOK_UP,
        request=Message(headers=(("user-agent", "curl/8"),)),
    )


@pytest.fixture(params=["memory", "duckdb"])
def events(request: pytest.FixtureRequest, tmp_path: Path) -> EventStore:
    store: EventStore = MemoryEvents()
    if request.param == "duckdb":
        store = DuckDBEvents(tmp_path / "events.duckdb")
    store.append(a_day())
    return store


def look(events: EventStore, **fields: object) -> Preview:
    kind = fields.pop("kind", BLOCK)
    return preview(events, measure(kind, **fields), NOW)  # type: ignore[arg-type]


def test_an_attacker_is_hit_and_nobody_else(events: EventStore) -> None:
    seen = look(events, circle=f"address:{ATTACKER}")
    assert (seen.requests, seen.callers, seen.people) == (300, 1, 60)
    assert (seen.looked, seen.total, seen.complete) == (300, 380, True)
    assert seen.share == pytest.approx(300 / 380)
    assert (seen.known_good, seen.shared) == (0, 0)
    (top,) = seen.top
    assert (top.address, top.requests, top.people, top.known_good) == (ATTACKER, 300, 60, False)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fields", "requests"),
    [
        ({"circle": "network:192.0.2.0/24"}, 300),
        ({"circle": "network:192.0.0.0/16", "endpoint": LOOK_UP}, 200),
        ({"circle": "headers:h100", "endpoint": "GET /nothing"}, 0),
        ({"circle": "credential:c1"}, 12),
        ({"circle": "strangers"}, 320),
        ({"predicate": 'user-agent ~ "curl*"'}, 300),
        ({"predicate": "address in (203.0.113.0/24, 198.51.100.0/24)"}, 80),
        ({"predicate": "credential = bearer and stranger = no"}, 60),
        ({}, 380),
    ],
)
def test_it_is_held_against_the_records_by_the_same_fields(
    events: EventStore, fields: dict[str, object], requests: int
) -> None:
    assert look(events, **fields).requests == requests


def test_known_good_callers_and_shared_addresses_are_named(events: EventStore) -> None:
    office = look(events, circle=f"address:{OFFICE}")
    assert (office.callers, office.known_good, office.shared) == (5, 5, 1)
    assert "5 known-good callers" in office.warnings[0]
    assert "Challenge rather than block" in office.warnings[1]
    home = look(events, circle=f"address:{HOME}")
    assert (home.callers, home.known_good, home.shared) == (1, 1, 0)
    assert home.top[0].known_good
    everyone = look(events)
    assert "100 % of all requests" in everyone.warnings[2]


@pytest.mark.parametrize(
    "wrong", [{"decision": REFUSED}, {"status": 404}, {"detections": (detection(),)}]
)
def test_who_was_once_wrong_is_not_known_good(wrong: dict[str, object]) -> None:
    events = MemoryEvents()
    events.append([_from(HOME, 1, n * HOUR, id=f"{n:026d}") for n in range(1, 8)])
    assert look(events).known_good == 1
    events.append([_from(HOME, 99, HOUR, **wrong)])
    assert look(events).known_good == 0


def test_a_limit_is_held_against_the_day_as_it_would_have_counted(events: EventStore) -> None:
    limit = {"kind": REQUESTS, "amount": 30, "seconds": 60.0, "each": "address"}
    seen = look(events, **limit)
    # 300 requests in five minutes, of which thirty pass before the rate is found to be too high.
    assert {caller.address for caller in seen.top} == {ATTACKER}
    assert 180 < seen.requests < 270
    people = {"kind": PEOPLE, "amount": 10, "seconds": DAY, "each": "address"}
    seen = look(events, **people)
    assert {caller.address for caller in seen.top} == {ATTACKER}
    assert 200 < seen.requests < 300


def test_an_exemption_is_previewed_too(events: EventStore) -> None:
    assert look(events, kind=EXEMPT, circle=f"address:{OFFICE}").requests == 60


def test_a_preview_that_had_to_stop_says_so(
    events: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 50)
    monkeypatch.setattr(module, "MAX_LOOKED", 100)
    seen = look(events)
    assert (seen.looked, seen.complete) == (100, False)
    assert seen.since > NOW - DAY
    assert seen.requests <= seen.total <= 101
    assert "latest 100 requests" in seen.warnings[-1]


@pytest.mark.slow
def test_pages_meet_without_a_gap(events: EventStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 19)
    assert look(events).requests == 380


def test_nobody_would_have_been_hit() -> None:
    seen = preview(MemoryEvents(), measure(circle="address:192.0.2.1"), NOW)
    assert (seen.requests, seen.share, seen.top) == (0, 0.0, ())
    (warning,) = seen.warnings
    assert "Nothing was seen there" in warning


@pytest.mark.slow
@pytest.mark.parametrize(
    ("predicate", "blind"),
    [('country = "NL"', True), ("client in (bot, library)", True), ("method = GET", False)],
)
def test_what_is_not_looked_up_here_is_not_passed_off_as_nobody(
    events: EventStore, predicate: str, *, blind: bool
) -> None:
    one = measure(predicate=predicate)
    assert preview(events, one, NOW).blind is blind
    told = " ".join(look(events, predicate=predicate).warnings)
    assert ("not looked up here" in told) is blind
    assert not preview(events, one, NOW, Sources()).blind


def test_one_that_is_not_in_force_yet_is_previewed_as_if_it_were(events: EventStore) -> None:
    late: Measure = measure(circle=f"address:{HOME}", created=NOW + 60, expires=NOW + 120)
    assert preview(events, late, NOW).requests == 20
