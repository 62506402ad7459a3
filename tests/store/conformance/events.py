"""What every EventStore must do."""

import random
import threading

import pytest
from msgspec.structs import replace
from tests.store.records import DEMO_LOOKUP, NOON, PHONE_LOOKUP, caller, finding, record

from nightlatch.exchange.credential import CredentialKind, CredentialState
from nightlatch.exchange.disclosure import DataClass, DataItem, Side
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.facts import ServiceEndpoint
from nightlatch.exchange.judgement import (
    Action,
    Decision,
    Detection,
    DetectionKind,
    Level,
    Mode,
    Phase,
)
from nightlatch.exchange.record import Message, Posture, Record
from nightlatch.store.ports import CallerCount, EventQuery, EventStore, Exposure, Peaks, StoreFailed

DAY = 86_400

FULL = record(
    7,
    method="POST",
    query="page=2",
    status=429,
    ending=Ending.REFUSED,
    credential_kind=CredentialKind.API_KEY,
    credential_state=CredentialState.PRESENT,
    level=Level.HIGH,
    reason="lists people",
    decision=Decision(
        Action.REFUSE, Mode.ENFORCE, "budget:address:hour", "over budget", 429, 60, Phase.RESPONSE
    ),
    findings=(finding("personal-data-to-strangers"), finding("verbose-server", Level.LOW)),
    skipped=("token-faults",),
    detections=(
        Detection(
            DetectionKind.ENUMERATION,
            PHONE_LOOKUP,
            "address:198.51.100.7",
            Level.HIGH,
            NOON,
            "98 of 100",
            1e-6,
            15,
            100,
        ),
    ),
    items=(DataItem(Side.RESPONSE, "$.phone", DataClass.PHONE, 0.9, "+1•••••67", 3),),
    asked=(0, 1, 2**64 - 1),
    disclosed=(2**63, 5),
    hit=True,
    posture=Posture.OPEN,
    request=Message(
        (("a", "b"), ("a", "c")), "name=•••\x00\n", 9, truncated=True, fault="gzip: cut"
    ),
)

# Query, and the numbers of the matching records below, newest first.
NARROWING = [
    (EventQuery(), [5, 4, 3, 2, 1, 0]),
    (EventQuery(since=NOON + 2), [5, 4, 3, 2]),
    (EventQuery(until=NOON + 2), [1, 0]),
    (EventQuery(since=NOON + 1, until=NOON + 3), [2, 1]),
    (EventQuery(level=Level.LOW), [5, 4, 3, 2, 1, 0]),
    (EventQuery(level=Level.MEDIUM), [3, 1]),
    (EventQuery(level=Level.HIGH), [3]),
    (EventQuery(endpoint="POST /login"), [2]),
    (EventQuery(endpoint="POST /log"), []),
    (EventQuery(address="198.51.100.9"), [4]),
    (EventQuery(circle="address:198.51.100.9"), [4]),
    (EventQuery(circle="network:198.51.100.0/24"), [5, 4, 3, 2, 1, 0]),
    (EventQuery(circle="address:198.51.100"), []),
    (EventQuery(method="POST"), [2]),
    (EventQuery(status="404"), [1]),
    (EventQuery(status="4xx"), [3, 1]),
    (EventQuery(status="4XX"), [3, 1]),
    (EventQuery(status="0"), [5]),
    (EventQuery(status="44"), []),
    (EventQuery(status="' OR 1=1"), []),
    (EventQuery(check="excessive-records"), [3, 1]),
    (EventQuery(check="excessive"), []),
    (EventQuery(refused=True), [3]),
    (EventQuery(refused=False), [5, 4, 2, 1, 0]),
    (EventQuery(text="LOGIN"), [2]),
    (EventQuery(text="straSSe"), [2]),
    (EventQuery(text="Q=100%"), [0]),
    (EventQuery(text="%"), [0]),
    (EventQuery(text="_"), [5]),
    (EventQuery(text="'"), [4]),
    (EventQuery(text="api.EXAMPLE.com"), [5, 4, 3, 2, 1, 0]),
    (EventQuery(text="198.51.100.9"), [4]),
    (EventQuery(text="•••"), [5, 4, 3, 1, 0]),
    (EventQuery(level=Level.MEDIUM, status="404", check="excessive-records"), [1]),
    (EventQuery(text="no such text"), []),
]


def narrowed() -> list[Record]:
    return [
        record(0, query="q=100%"),
        record(1, status=404, level=Level.MEDIUM, findings=(finding("excessive-records"),)),
        record(
            2,
            endpoint="POST /login",
            method="POST",
            path="/login",
            request=Message(body="street=Königstraße"),
            response=Message(),
        ),
        record(
            3,
            status=429,
            level=Level.HIGH,
            ending=Ending.REFUSED,
            findings=(finding("other"), finding("excessive-records")),
        ),
        record(4, query="name=O'Brien", **caller("198.51.100.9")),
        record(5, status=0, response=Message(body="account_id •••")),
    ]


def numbers(records: list[Record]) -> list[int]:
    return [round(found.at - NOON) for found in records]


class EventStoreConformance:
    """Inherit it and give a fixture `store` that returns an empty store."""

    def test_what_was_appended_is_returned_equal(self, store: EventStore) -> None:
        store.append([FULL, record(8)])
        assert store.get(FULL.id) == FULL
        assert store.search(EventQuery()) == [record(8), FULL]

    def test_an_unknown_id_is_none(self, store: EventStore) -> None:
        assert store.get("01JX") is None
        assert store.get("' OR '1'='1") is None

    def test_nothing_appended_is_nothing(self, store: EventStore) -> None:
        store.append([])
        assert store.search(EventQuery()) == []
        assert store.count(EventQuery()) == 0
        assert store.exposure(NOON) == {}
        assert store.callers(PHONE_LOOKUP, 0, NOON) == []
        assert store.size().records == 0
        assert store.size().oldest is None

    def test_a_known_id_is_ignored(self, store: EventStore) -> None:
        first = record(1, disclosed=(1,))
        store.append([first, replace(first, path="/second-in-the-batch")])
        store.append([record(2)])
        store.append([record(0), replace(first, path="/later", disclosed=(2,)), record(3)])
        store.append([record(3)])
        assert store.search(EventQuery()) == [record(3), record(2), first, record(0)]
        assert store.exposure(NOON + 9) == {DEMO_LOOKUP: Exposure(day=1, month=1)}

    def test_every_field_narrows(self, store: EventStore) -> None:
        store.append(narrowed())
        ran = 0
        for query, expected in NARROWING:
            assert numbers(store.search(query)) == expected, query
            assert store.count(query) == len(expected), query
            ran += 1
        assert ran == len(NARROWING) >= 35

    def test_newest_first_whatever_the_order_of_arrival(self, store: EventStore) -> None:
        order = list(range(40))
        random.Random(1).shuffle(order)
        for start in range(0, 40, 7):
            store.append([record(number) for number in order[start : start + 7]])
        assert numbers(store.search(EventQuery(limit=100))) == list(range(39, -1, -1))

    def test_equal_times_are_ordered_by_id(self, store: EventStore) -> None:
        store.append([record(number, at=NOON) for number in (2, 0, 1)])
        ids = [found.id for found in store.search(EventQuery())]
        assert ids == sorted(ids, reverse=True)
        assert [r.id for r in store.search(EventQuery(before=ids[0]))] == ids[1:]

    def test_paging_is_stable_while_records_arrive(self, store: EventStore) -> None:
        store.append([record(number) for number in range(25)])
        seen: list[int] = []
        before = None
        while page := store.search(EventQuery(before=before, limit=10)):
            seen += numbers(page)
            before = page[-1].id
            store.append([record(100 + len(seen))])
        assert seen == list(range(24, -1, -1))

    def test_before_narrows_with_the_other_fields(self, store: EventStore) -> None:
        store.append([record(n, status=404 if n % 2 else 200) for n in range(10)])
        query = EventQuery(status="4xx", before=record(7).id, limit=2)
        assert numbers(store.search(query)) == [5, 3]
        assert store.count(query) == 5
        assert store.search(EventQuery(before="gone")) == []

    def test_limits_that_make_no_sense_give_nothing(self, store: EventStore) -> None:
        store.append([record(1)])
        assert store.search(EventQuery(limit=0)) == []
        assert store.search(EventQuery(limit=-1)) == []

    def test_hostile_text_is_kept_or_replaced_but_never_an_error(self, store: EventStore) -> None:
        store.append(
            [
                record(1, path="/\x00'\"%;--", host="\U0001f511"),
                record(2, path="/\ud800", endpoint="GET /\udfff", query="x" * 100_000),
                record(3, method="", host="", path="", address="", circles=(), status=-1),
            ]
        )
        assert store.get(record(1).id) == record(1, path="/\x00'\"%;--", host="\U0001f511")
        scrubbed = store.get(record(2).id)
        assert scrubbed is not None
        assert (scrubbed.path, scrubbed.endpoint) == ("/?", "GET /?")
        assert numbers(store.search(EventQuery(endpoint="GET /?"))) == [2]
        assert numbers(store.search(EventQuery(text="\x00'"))) == [1]
        for hostile in ("\ud800", "\x00", ""):
            store.search(EventQuery(text=hostile, endpoint=hostile, circle=hostile))
            assert store.get(hostile) is None
            assert store.callers(hostile, NOON, NOON + 1) == []
        assert len(store.search(EventQuery())) == 3

    def test_exposure_counts_distinct_disclosed_subjects(self, store: EventStore) -> None:
        store.append(
            [
                record(1, disclosed=(1, 2), asked=(7, 8, 9)),
                record(2, disclosed=(2, 2**64 - 1)),
                record(3, asked=(5,)),
                record(4, endpoint="GET /me", disclosed=(1,)),
            ]
        )
        assert store.exposure(NOON + 5) == {
            DEMO_LOOKUP: Exposure(day=3, month=3),
            ServiceEndpoint("demo", "GET /me"): Exposure(day=1, month=1),
        }

    def test_services_with_the_same_endpoint_are_told_apart(self, store: EventStore) -> None:
        store.append(
            [
                record(1, disclosed=(1, 2), **caller("198.51.100.1")),
                record(2, disclosed=(2,), service="shop", **caller("198.51.100.2")),
                record(3, disclosed=(3,), service="shop", **caller("198.51.100.2")),
            ]
        )
        shop = ServiceEndpoint("shop", PHONE_LOOKUP)
        assert store.exposure(NOON + 9) == {DEMO_LOOKUP: Exposure(2, 2), shop: Exposure(2, 2)}
        assert len(store.search(EventQuery(service="shop"))) == 2
        assert store.count(EventQuery(service="demo", endpoint=PHONE_LOOKUP)) == 1
        assert store.count(EventQuery(service="nobody")) == 0
        (bucket,) = store.timeline(NOON, NOON + 9, 1, PHONE_LOOKUP, "demo")
        assert (bucket.low, bucket.disclosed) == (1, 2)
        (found,) = store.callers(PHONE_LOOKUP, NOON, NOON + 9, service="shop")
        assert (found.address, found.requests, found.disclosed) == ("198.51.100.2", 2, 2)
        assert {
            (one.service, one.highest)
            for one in store.peaks("people", "address", 60, NOON, NOON + 9)
        } == {
            ("demo", 2),
            ("shop", 2),
        }

    def test_what_no_service_is_known_of_is_every_services(self, store: EventStore) -> None:
        nowhere, shop = DEMO_LOOKUP.everywhere, ServiceEndpoint("shop", PHONE_LOOKUP)
        store.append([record(0, service="", disclosed=(1, 2))])
        assert store.exposure(NOON + 9) == {nowhere: Exposure(2, 2)}
        store.append(
            [
                record(1, disclosed=(2, 3)),
                record(2 * DAY, service="shop", disclosed=(1,)),
            ]
        )
        assert store.exposure(NOON + 2 * DAY) == {
            nowhere: Exposure(0, 2),
            DEMO_LOOKUP: Exposure(0, 3),
            shop: Exposure(1, 2),
        }
        assert store.count(EventQuery(service="shop")) == 2

    def test_exposure_forgets_by_day_and_month(self, store: EventStore) -> None:
        store.append(
            [
                record(0, disclosed=(1,)),
                record(29 * DAY, disclosed=(1, 2)),
                record(30 * DAY, disclosed=(2, 3)),
            ]
        )
        assert store.exposure(NOON + 30 * DAY)[DEMO_LOOKUP] == Exposure(day=2, month=3)
        assert store.exposure(NOON + 29 * DAY)[DEMO_LOOKUP] == Exposure(day=2, month=2)
        assert store.exposure(NOON + 31 * DAY - 1)[DEMO_LOOKUP] == Exposure(day=2, month=3)
        assert store.exposure(NOON + 31 * DAY)[DEMO_LOOKUP] == Exposure(day=0, month=3)
        assert store.exposure(NOON + 60 * DAY) == {}

    def test_timeline_has_every_bucket(self, store: EventStore) -> None:
        store.append(
            [
                record(0, disclosed=(1, 2)),
                record(9, level=Level.MEDIUM, disclosed=(2, 3)),
                record(10, level=Level.HIGH, ending=Ending.REFUSED),
                record(29, at=NOON + 29.9, endpoint="GET /me", disclosed=(1,)),
                record(30),
                record(-1),
            ]
        )
        buckets = store.timeline(NOON, NOON + 30, 3)
        assert [bucket.at for bucket in buckets] == [NOON, NOON + 10, NOON + 20]
        assert [(b.low, b.medium, b.high, b.refused, b.disclosed) for b in buckets] == [
            (1, 1, 0, 0, 3),
            (0, 0, 1, 1, 0),
            (1, 0, 0, 0, 1),
        ]
        one_door = store.timeline(NOON, NOON + 30, 3, endpoint=PHONE_LOOKUP)
        assert [bucket.low for bucket in one_door] == [1, 0, 0]

    def test_timeline_steps_add_up_whatever_the_fractions(self, store: EventStore) -> None:
        store.append([record(number, at=NOON + number / 7) for number in range(70)])
        buckets = store.timeline(NOON, NOON + 10, 7)
        assert len(buckets) == 7
        assert sum(bucket.low for bucket in buckets) == 70

    def test_peaks_are_each_callers_busiest_step(self, store: EventStore) -> None:
        told = []
        for number in range(100):
            # In its first minute a request; in its third as many as its number says.
            who = caller(f"198.51.0.{number}")
            told.append(record(10_000 + number, at=NOON + 1, disclosed=(1,), **who))
            told += [
                record(20_000 + 300 * number + n, at=NOON + 121, disclosed=(n // 2,), **who)
                for n in range(number)
            ]
        told.append(record(1, at=NOON + 121, ending=Ending.REFUSED, **caller("198.51.0.1")))
        told.append(record(2, endpoint="GET /me", **caller("198.51.0.1")))
        store.append(told)
        assert store.peaks("requests", "address", 60, NOON, NOON + 600) == [
            Peaks("GET /me", 1, 1, 1, 1, 1, "demo"),
            Peaks(PHONE_LOOKUP, 100, 49, 89, 98, 99, "demo"),
        ]
        assert store.peaks("people", "address", 60, NOON, NOON + 600) == [
            Peaks(PHONE_LOOKUP, 100, 25, 45, 49, 50, "demo")
        ]
        assert store.peaks("requests", "address", 60, NOON, NOON + 60) == [
            Peaks("GET /me", 1, 1, 1, 1, 1, "demo"),
            Peaks(PHONE_LOOKUP, 100, 1, 1, 1, 1, "demo"),
        ]
        assert store.peaks("requests", "credential", 60, NOON, NOON + 600) == []

    def test_peaks_by_credential_are_of_those_who_show_one(self, store: EventStore) -> None:
        with_one = {"circles": ("session:s1", "address:198.51.100.1")}
        another = {"circles": ("principal:p1", "credential:c1", "address:198.51.100.1")}
        store.append(
            [
                record(1, disclosed=(1, 2), **with_one),
                record(2, disclosed=(2,), **with_one),
                record(3, disclosed=(5,), **another),
                record(4, disclosed=(6,)),
            ]
        )
        asked = store.peaks("requests", "credential", 3_600, NOON, NOON + 600)
        assert asked == [Peaks(PHONE_LOOKUP, 2, 1, 2, 2, 2, "demo")]
        told = store.peaks("people", "credential", 3_600, NOON, NOON + 600)
        assert told == [Peaks(PHONE_LOOKUP, 2, 1, 2, 2, 2, "demo")]
        assert store.peaks("people", "address", 3_600, NOON + 600, NOON + 700) == []

    def test_callers_are_ordered_by_what_they_took(self, store: EventStore) -> None:
        store.append(
            [
                record(1, disclosed=(1, 2), **caller("198.51.100.1")),
                record(2, disclosed=(2,), **caller("198.51.100.1")),
                record(3, disclosed=(1, 2, 3), **caller("198.51.100.2")),
                record(4, ending=Ending.REFUSED, **caller("198.51.100.3")),
                record(5, ending=Ending.REFUSED, **caller("198.51.100.3")),
                record(6, **caller("198.51.100.4")),
                record(7, endpoint="GET /me", disclosed=(9,), **caller("198.51.100.4")),
                record(60, disclosed=(8,), **caller("198.51.100.1")),
            ]
        )

        def counted(last: int, *counts: int) -> CallerCount:
            address = f"198.51.100.{last}"
            requests, disclosed, refused, first, final = counts
            return CallerCount(
                f"address:{address}",
                address,
                requests,
                disclosed,
                refused,
                NOON + first,
                NOON + final,
            )

        expected = [
            counted(2, 1, 3, 0, 3, 3),
            counted(1, 2, 2, 0, 1, 2),
            counted(3, 2, 0, 2, 4, 5),
            counted(4, 1, 0, 0, 6, 6),
        ]
        assert store.callers(PHONE_LOOKUP, NOON, NOON + 60) == expected
        assert store.callers(PHONE_LOOKUP, NOON, NOON + 60, limit=1) == expected[:1]

    def test_a_caller_keeps_its_latest_address(self, store: EventStore) -> None:
        one = ("credential:ab12",)
        store.append([record(2, circles=one, address="203.0.113.2", disclosed=(1,))])
        store.append([record(1, circles=one, address="203.0.113.1", disclosed=(2,))])
        (found,) = store.callers(PHONE_LOOKUP, NOON, NOON + 9)
        assert (found.circle, found.address, found.disclosed) == (one[0], "203.0.113.2", 2)

    def test_prune_by_age(self, store: EventStore) -> None:
        store.append([record(number, disclosed=(number,)) for number in range(10)])
        assert store.prune(NOON + 10, max_age=7, max_bytes=1 << 40) == 3
        assert store.prune(NOON + 10, max_age=7, max_bytes=1 << 40) == 0
        assert store.size().records == 7
        assert store.size().oldest == NOON + 3
        assert store.exposure(NOON + 10)[DEMO_LOOKUP].month == 7
        assert store.get(record(2).id) is None

    def test_prune_to_nothing(self, store: EventStore) -> None:
        store.append([record(number, disclosed=(number,)) for number in range(10)])
        assert store.prune(NOON, max_age=DAY, max_bytes=0) == 10
        assert store.size().records == 0
        assert store.exposure(NOON + 10) == {}
        store.append([record(1)])
        assert store.search(EventQuery()) == [record(1)]

    def test_size_grows(self, store: EventStore) -> None:
        before = store.size().bytes
        store.append([record(n, query=random.Random(n).randbytes(800).hex()) for n in range(2_000)])
        grown = store.size()
        assert grown.records == 2_000
        assert grown.bytes > before + 1_000_000

    def test_reading_while_appending(self, store: EventStore) -> None:
        errors: list[BaseException] = []
        done = threading.Event()

        def read() -> None:
            try:
                while not done.is_set():
                    page = store.search(EventQuery(limit=20))
                    assert numbers(page) == sorted(numbers(page), reverse=True)
                    assert store.count(EventQuery()) % 10 == 0, "half a batch was seen"
                    store.exposure(NOON + 1_000)
            except BaseException as error:  # noqa: BLE001 -- told to the test below
                errors.append(error)

        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        for start in range(0, 300, 10):
            store.append([record(start + n, disclosed=(start + n,)) for n in range(10)])
        done.set()
        for reader in readers:
            reader.join()
        assert errors == []
        assert store.exposure(NOON + 1_000)[DEMO_LOOKUP].day == 300

    def test_close_is_idempotent_and_final(self, store: EventStore) -> None:
        store.append([record(1)])
        store.close()
        store.close()
        for use in (lambda: store.append([record(2)]), lambda: store.search(EventQuery())):
            with pytest.raises(StoreFailed, match="closed"):
                use()
