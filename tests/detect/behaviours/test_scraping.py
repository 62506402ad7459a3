from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from tests.detect.behaviours.world import (
    DAY,
    HOUR,
    MONDAY,
    Call,
    Desk,
    caller,
    json,
    people,
)

from nightlatch.detect.behaviours.scraping import Scraping
from nightlatch.detect.behaviours.takings import RECORDS_A_DAY
from nightlatch.exchange.client import Client, ClientKind
from nightlatch.exchange.exchange import Caller
from nightlatch.exchange.judgement import DetectionKind, Level

SCRAPER = caller("203.0.113.9")
PARTNER = caller("203.0.113.77", principal="partner")


def _page(at: float, who: Caller, page: int, size: int = 20) -> Call:
    entries = [{"id": page * size + n, "price": 5} for n in range(size)]
    return Call(
        at,
        who,
        "GET",
        "/products",
        query=f"sort=name&page={page}",
        size=4_000,
        response=json({"items": entries, "page": page}),
    )


def _visitors(day: int, count: int = 80) -> Iterator[Call]:
    """Each turns one to eight pages."""
    for n in range(count):
        who = caller(f"60.{day}.{n}.1")
        for page in range(1, 2 + n % 8):
            yield _page(MONDAY + day * DAY + 8 * HOUR + n * 300 + page * 20, who, page)


def _learned(days: int = 3) -> Desk:
    desk = Desk(Scraping)
    for day in range(days):
        assert not desk.see(_visitors(day))
    return desk


def _walk(
    at: float, pages: int, gap: float, who: Caller = SCRAPER, first: int = 1
) -> Iterator[Call]:
    for page in range(first, first + pages):
        yield _page(at + gap * page, who, page)


def test_whoever_walks_the_whole_list_is_told() -> None:
    desk = _learned()
    begin = MONDAY + 3 * DAY + 9 * HOUR
    told = desk.see(_walk(begin, 150, 2.0))
    assert [detection.kind for detection in told] == [DetectionKind.SCRAPING]
    assert told[0].level is Level.MEDIUM
    assert "pages in order" in told[0].evidence
    assert "no other endpoint" in told[0].evidence
    assert told[0].false_alarm_rate < 0.01
    assert told[0].confidence > 0.75
    assert told[0].attempts <= 2 * RECORDS_A_DAY
    standing = desk.stands(SCRAPER, "GET /products", told[0].at + 1)
    assert standing is not None
    assert not standing.convicts


def test_slowly_all_day_is_the_same() -> None:
    told = _learned().see(_walk(MONDAY + 3 * DAY + 60, 200, 400.0))
    assert told
    assert "records today" in told[0].evidence


def test_the_same_page_again_and_again_is_not() -> None:
    again = (_page(MONDAY + 3 * DAY + n, SCRAPER, n % 6) for n in range(5_000))
    assert not _learned().see(again)


def test_people_are_records_and_make_it_high() -> None:
    def look(at: float, who: Caller, first: int, count: int) -> Call:
        found = people(range(first, first + count))
        return Call(at, who, "POST", "/contacts", disclosed=found, asked=found)

    desk = Desk(Scraping)
    for day in range(3):
        start = MONDAY + day * DAY
        desk.see(look(start + 60 * n, caller(f"60.1.{n}.1"), n, 30) for n in range(100))
    bots = caller("60.1.1.1", principal="fake account")
    batches = (look(MONDAY + 3 * DAY + n * 1_800, bots, 10_000 + 50 * n, 50) for n in range(48))
    told = desk.see(batches)
    assert [detection.level for detection in (told[0], told[-1])] == [Level.MEDIUM, Level.HIGH]
    assert told[0].subjects <= 1_400


def test_documents_by_number_are_records_too() -> None:
    def document(at: float, who: Caller, number: int) -> Call:
        return Call(at, who, "GET", "/documents/{number}", f"/documents/{number}", size=9_000)

    desk = Desk(Scraping)
    for day in range(3):
        start = MONDAY + day * DAY
        desk.see(document(start + 60 * n, caller(f"60.1.{n}.1"), n) for n in range(100))
    told = desk.see(document(MONDAY + 3 * DAY + 20 * n, SCRAPER, n) for n in range(2_000))
    assert told
    assert told[0].attempts < 700


def test_bytes_alone_are_enough() -> None:
    def film(at: float, who: Caller, size: int) -> Call:
        return Call(at, who, "GET", "/report", size=size)

    desk = Desk(Scraping)
    for day in range(3):
        start = MONDAY + day * DAY
        desk.see(film(start + 60 * n, caller(f"60.1.{n}.1"), 1_000_000) for n in range(100))
    told = desk.see(film(MONDAY + 3 * DAY + n, SCRAPER, 1_000_000) for n in range(100))
    assert told
    assert "bytes today" in told[0].evidence


def _nightly(day: int, pages: int, who: Caller = PARTNER) -> Iterator[Call]:
    return _walk(MONDAY + day * DAY + 2 * HOUR, pages, 1.5, who)


def test_a_partner_has_its_own_baseline_and_does_not_raise_that_of_others() -> None:
    desk = Desk(Scraping)
    for day in range(12):
        assert not desk.see(_nightly(day, 300), _visitors(day)), day
    assert desk.see(_walk(MONDAY + 12 * DAY + 5 * HOUR, 700, 1.5))
    assert desk.see(_nightly(13, 1_400))


def test_a_partner_without_company_is_judged_by_its_own_past() -> None:
    desk = Desk(Scraping)
    for day in range(10):
        assert not desk.see(_nightly(day, 100))
    assert desk.see(_nightly(10, 600))


def test_nobody_ratchets_what_is_usual_up_to_his_own_needs() -> None:
    desk = _learned()
    pages, told = 20, False
    for day in range(3, 20):
        told = bool(desk.see(_walk(MONDAY + day * DAY, pages, 5.0), _visitors(day)))
        if told:
            break
        pages = round(pages * 1.5)
    assert told
    assert pages * 20 < 6_000


def test_a_verified_crawler_passes() -> None:
    crawler = Client(ClientKind.BOT, "Examplebot", 0.9, verified=True)
    calls = (replace(call, client=crawler) for call in _walk(MONDAY + 3 * DAY, 500, 5.0))
    assert not _learned().see(calls)


def test_turning_pages_back_begins_anew() -> None:
    desk = _learned()
    order = [page for turn in range(60) for page in (turn * 3, turn * 3 + 2, turn * 3 + 1)]
    told = desk.see(_page(MONDAY + 3 * DAY + n, SCRAPER, page) for n, page in enumerate(order))
    assert told
    assert "pages in order" not in told[0].evidence


def test_odd_answers_are_read_without_a_fault() -> None:
    odd: tuple[object, ...] = (
        [],
        {},
        {"items": []},
        {"items": [1, 2]},
        {"data": {"x": 1}},
        [None],
        [[1]],
        "x",
        None,
    )
    calls = (
        Call(MONDAY + n, SCRAPER, "GET", "/odd", query="a=1", response=json(value))
        for n, value in enumerate(odd)
    )
    assert not Desk(Scraping).see(calls)


@pytest.mark.slow
def test_memory_is_bounded_and_the_greedy_outlive_a_flood() -> None:
    desk = Desk(lambda reporter: Scraping(reporter, callers=1_000))
    desk.see(_walk(MONDAY, 30, 1.0))
    desk.see(
        _page(MONDAY + 60 + n / 10, caller(f"60.{n % 200}.{n // 200}.1"), 1) for n in range(50_000)
    )
    behaviour = desk.behaviour
    assert isinstance(behaviour, Scraping)
    assert len(behaviour._today) <= 2_000
    assert behaviour._today.get(("GET /products", "address:203.0.113.9")) is not None


def test_an_office_counts_by_its_programs_and_a_scraper_that_makes_some_up_up_to_a_point() -> None:
    def office(programs: int, pages: int) -> Iterator[Call]:
        for n in range(pages * 10):
            who = caller("198.51.100.9", headers=f"browser-{n % programs}")
            yield _page(MONDAY + 3 * DAY + 9 * HOUR + 5 * n, who, n)

    assert not _learned().see(office(12, 10))
    assert _learned().see(office(1, 10))
    assert _learned().see(office(64, 300))


@pytest.mark.slow
def test_on_a_launch_day_a_regular_may_take_more_as_all_do() -> None:
    desk = Desk(Scraping)
    carrier = caller("100.60.1.7")
    for day in range(8):
        assert not desk.see(_nightly(day, 60, carrier), _visitors(day))
    more = _nightly(8, 320, carrier)
    rush = (
        _page(MONDAY + 8 * DAY + n, caller(f"61.{n // 250}.{n % 250}.1"), n % 6)
        for n in range(10_000)
    )
    assert not desk.see(rush, more)
    desk.see(_visitors(9))
    assert desk.see(_nightly(10, 320, carrier))


def test_pages_that_come_late_over_midnight_are_not_lost() -> None:
    desk = _learned()
    midnight = MONDAY + 4 * DAY
    ordered = list(_walk(midnight - 200, 100, 4.0))
    late = [ordered[n ^ 1] for n in range(100)]
    before = [desk.see([call]) for call in late]
    assert isinstance(desk.behaviour, Scraping)
    today = desk.behaviour._today.get(("GET /products", "address:203.0.113.9"))
    assert today is not None
    assert today.records >= 900
    assert any(before)
