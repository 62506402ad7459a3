"""The catalogue of endpoints: what it adds up, how it sorts, what it forgets, what survives."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.records import LOOK_UP, NOW, REFUSED, WOULD_REFUSE, item, record

from nightlatch.exchange.credential import CredentialKind, CredentialState
from nightlatch.exchange.disclosure import DataClass, DataItem, Side
from nightlatch.exchange.facts import Contract, Expectation, ServiceEndpoint
from nightlatch.exchange.judgement import Finding, Level
from nightlatch.exchange.record import Posture, Record
from nightlatch.inventory.catalogue import MAX_ITEMS, MAX_KEYS, Catalogue
from nightlatch.inventory.risk import RECENT
from nightlatch.store.ports import Exposure


def at(endpoint: str) -> ServiceEndpoint:
    return ServiceEndpoint("directory", endpoint)


HERE = at(LOOK_UP)


def catalogue_of(*records: Record) -> Catalogue:
    catalogue = Catalogue()
    for one in records:
        catalogue.note(one)
    return catalogue


def test_it_adds_up_an_endpoint() -> None:
    missing = Finding("no-hsts", Level.LOW, "no header")
    catalogue = catalogue_of(
        record(1, findings=(missing,)),
        record(2, status=404, findings=(missing, Finding("sql-error", Level.HIGH, "ORA-1"))),
        record(3, credential_kind=CredentialKind.API_KEY, posture=Posture.OPEN),
        record(4, status=429, decision=REFUSED),
        record(5, decision=WOULD_REFUSE),
    )
    (summary,) = catalogue.summaries({HERE: Exposure(3, 30)}, NOW)
    assert summary.endpoint == LOOK_UP
    assert summary.service == "directory"
    assert summary.requests == 5
    assert summary.refused == 1
    assert (summary.first_seen, summary.last_seen) == (NOW + 0.001, NOW + 0.005)
    assert summary.statuses == ((200, 3), (404, 1), (429, 1))
    assert summary.failed_checks == (("no-hsts", 2), ("sql-error", 1))
    assert summary.credential_kinds == ("api-key",)
    assert summary.posture is Posture.OPEN
    assert (summary.exposure_day, summary.exposure_month) == (3, 30)


def test_the_same_data_at_the_same_place_is_one_item_with_the_surest_sample() -> None:
    unsure = DataItem(Side.RESPONSE, "$.p", DataClass.PHONE, 0.5, "unsure", 2)
    sure = DataItem(Side.RESPONSE, "$.p", DataClass.PHONE, 0.9, "sure", 3)
    other = DataItem(Side.REQUEST, "$.p", DataClass.PHONE, 0.9, "asked", 1)
    (summary,) = catalogue_of(record(1, items=(sure,)), record(2, items=(unsure, other))).summaries(
        {}, NOW
    )
    assert summary.items == (
        DataItem(Side.RESPONSE, "$.p", DataClass.PHONE, 0.9, "sure", 5),
        other,
    )


def test_personal_data_to_strangers_is_high_until_a_person_says_public() -> None:
    catalogue = catalogue_of(record(1, items=(item(),)))
    (summary,) = catalogue.summaries({}, NOW)
    assert (summary.risk, summary.risk_reason) == (
        Level.HIGH,
        "Gives personal data to strangers: phone.",
    )
    public = {HERE: Contract(LOOK_UP, Expectation.PUBLIC, owner="Ada")}
    (summary,) = catalogue.summaries({}, NOW, public)
    assert summary.risk is Level.LOW
    assert summary.contract == public[HERE]


@pytest.mark.parametrize(
    "innocent",
    [
        record(1, items=(item(),), credential_state=CredentialState.ACCEPTED),
        record(1, items=(item(),), decision=REFUSED),
        record(1, items=(item(side=Side.REQUEST),)),
        record(1, items=(item(),), at=NOW - RECENT - 1),
    ],
    ids=["with a credential", "withheld", "sent by the caller", "long repaired"],
)
def test_what_is_not_given_to_strangers(innocent: Record) -> None:
    (summary,) = catalogue_of(innocent).summaries({}, NOW)
    assert summary.risk < Level.HIGH


def test_posture_comes_from_what_the_application_answered() -> None:
    denied = [record(n, status=401, credential_state=CredentialState.REJECTED) for n in range(40)]
    catalogue = catalogue_of(*denied)
    # Nightlatch's own refusals are no proof that the application turns anyone away.
    for number in range(40):
        refused = record(number, endpoint="GET /open", status=403, decision=REFUSED)
        catalogue.note(record(number, endpoint="GET /open"))
        catalogue.note(refused)
    postures = {one.endpoint: one for one in catalogue.summaries({}, NOW)}
    assert postures[LOOK_UP].posture is Posture.PROTECTED
    assert postures[LOOK_UP].coverage == 1.0
    assert postures["GET /open"].posture is Posture.OPEN
    assert postures["GET /open"].coverage == 0.0


def test_the_worst_comes_first_and_among_equals_the_most_exposed() -> None:
    catalogue = catalogue_of(
        record(1, endpoint="GET /quiet"),
        record(2, endpoint="GET /leaks-less", items=(item(),)),
        record(3, endpoint="GET /leaks", items=(item(),)),
        record(4, endpoint="GET /alarmed"),
    )
    exposure = {at("GET /leaks"): Exposure(1, 100), at("GET /leaks-less"): Exposure(9, 10)}
    summaries = catalogue.summaries(exposure, NOW, alarmed={at("GET /alarmed")})
    assert [summary.endpoint for summary in summaries] == [
        "GET /leaks",
        "GET /leaks-less",
        "GET /alarmed",
        "GET /quiet",
    ]


def test_the_endpoint_seen_least_recently_is_forgotten_first() -> None:
    catalogue = Catalogue(max_endpoints=2)
    for number, endpoint in enumerate(["GET /a", "GET /b", "GET /a", "GET /c"]):
        catalogue.note(record(number, endpoint=endpoint))
    assert {summary.endpoint for summary in catalogue.summaries({}, NOW)} == {"GET /a", "GET /c"}
    assert catalogue.evicted == 1
    assert len(catalogue) == 2


def test_invented_places_do_not_push_out_the_real_ones() -> None:
    real = item(path="$.users[].phone")
    catalogue = catalogue_of(record(1, items=(real,)), record(2, items=(real,)))
    for number in range(3, 300):
        catalogue.note(record(number, items=(item(path=f"$.x{number}"), real)))
    (summary,) = catalogue.summaries({}, NOW)
    assert len(summary.items) == MAX_ITEMS
    assert summary.items[0].path == real.path
    assert summary.items[0].count == 299


def test_checks_and_statuses_are_bounded() -> None:
    catalogue = Catalogue()
    for number in range(200):
        finding = Finding(f"check-{number}", Level.HIGH, "")
        catalogue.note(record(number, status=number, findings=(finding,)))
    (summary,) = catalogue.summaries({}, NOW)
    assert len(summary.statuses) == len(summary.failed_checks) == MAX_KEYS
    assert summary.requests == 200


def test_what_was_learned_survives_a_restart() -> None:
    catalogue = catalogue_of(
        record(1, items=(item(), item(DataClass.EMAIL, "$.mail")), posture=Posture.OPEN),
        record(2, endpoint="POST /login", findings=(Finding("x", Level.HIGH, ""),)),
    )
    restarted = Catalogue()
    assert restarted.load(catalogue.dump())
    assert restarted.summaries({}, NOW) == catalogue.summaries({}, NOW)
    restarted.note(record(3, items=(item(),)))
    (first, _) = restarted.summaries({}, NOW)
    assert first.items[0].count == 2


def test_services_with_the_same_endpoint_are_told_apart() -> None:
    none = CredentialState.NONE
    catalogue = catalogue_of(
        *(record(number, service="shop", credential_state=none) for number in range(5)),
        *(
            record(number, service="billing", credential_state=none, status=401)
            for number in range(5, 9)
        ),
    )
    billing, shop = sorted(catalogue.summaries({}, NOW), key=lambda one: one.service)
    assert (billing.endpoint, billing.service, billing.requests) == (LOOK_UP, "billing", 4)
    assert (shop.endpoint, shop.service, shop.requests) == (LOOK_UP, "shop", 5)
    assert (billing.statuses, shop.statuses) == (((401, 4),), ((200, 5),))
    assert shop.posture is Posture.OPEN
    assert billing.posture is not Posture.OPEN
    restarted = Catalogue()
    assert restarted.load(catalogue.dump())
    assert restarted.summaries({}, NOW) == catalogue.summaries({}, NOW)


def test_a_dump_that_knew_endpoints_alone_is_read() -> None:
    catalogue = catalogue_of(record(1, posture=Posture.OPEN), record(2, endpoint="GET /b"))
    older = msgspec.msgpack.decode(catalogue.dump())
    older["version"] = 1
    older["evidence"] = {key.partition("\0")[2]: one for key, one in older["evidence"].items()}
    restarted = Catalogue()
    assert restarted.load(msgspec.msgpack.encode(older))
    assert restarted.summaries({}, NOW) == catalogue.summaries({}, NOW)
    restarted.note(record(3))
    assert len(restarted) == 2


def test_a_dump_of_another_version_starts_anew(caplog: pytest.LogCaptureFixture) -> None:
    catalogue = catalogue_of(record(1))
    assert not catalogue.load(msgspec.msgpack.encode({"version": 99, "entries": []}))
    assert "version 99" in caplog.text
    assert len(catalogue) == 1


@given(st.binary(max_size=200))
@settings(max_examples=50, deadline=None)
def test_a_damaged_dump_is_not_an_error(damaged: bytes) -> None:
    catalogue = Catalogue()
    assert not catalogue.load(damaged)
    assert len(catalogue) == 0
