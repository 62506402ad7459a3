from collections.abc import Iterator
from random import Random

import pytest
from msgspec.structs import replace
from tests.detect.behaviours.peace import Peace
from tests.detect.behaviours.world import (
    DAY,
    HOUR,
    MONDAY,
    Call,
    Desk,
    caller,
)

from nightlatch.detect.behaviours.asking import EVERYONE
from nightlatch.detect.behaviours.forced_browsing import FEWEST, OUTLAWED, ForcedBrowsing
from nightlatch.exchange.client import Client, ClientKind
from nightlatch.exchange.exchange import Caller, Ending
from nightlatch.exchange.judgement import Level
from nightlatch.inventory.templates import UNMATCHED

SCANNER = caller("203.0.113.9", headers="wordlist")
_WORDS = ("admin", "backup", "internal", "v1/dump", "test", "private", "old", "api2", "staff", "db")


def _wordlist(
    count: int, *, who: Caller = SCANNER, at: float = MONDAY, gap: float = 0.2, status: int = 404
) -> Iterator[Call]:
    for n in range(count):
        path = f"/{_WORDS[n % 10]}/{n}"
        yield Call(at + n * gap, who, "GET", UNMATCHED, path, status)


def _served(who: Caller, at: float, count: int = 1, gap: float = 1.0) -> Iterator[Call]:
    for n in range(count):
        yield Call(at + n * gap, who, "GET", "/products")


def test_a_wordlist_convicts_after_a_handful_of_paths() -> None:
    desk = Desk(ForcedBrowsing)
    told = desk.see(_wordlist(FEWEST))
    assert len(told) == 1
    assert told[0].circle == "address:203.0.113.9"
    assert told[0].attempts == FEWEST
    assert told[0].false_alarm_rate == 1e-6
    assert "/internal/2" not in told[0].evidence  # The latest are shown.
    standing = desk.stands(SCANNER, "GET /actuator/heapdump", MONDAY + 60)
    assert standing is not None
    assert standing.convicts


def test_a_slow_wordlist_convicts_too_and_a_fast_one_is_high() -> None:
    slow = Desk(ForcedBrowsing).see(_wordlist(FEWEST, gap=600))
    assert [detection.level for detection in slow] == [Level.MEDIUM]
    fast = Desk(ForcedBrowsing).see(_wordlist(40, gap=0.1))
    assert [detection.level for detection in fast] == [Level.MEDIUM, Level.HIGH]
    names = (
        ".env",
        "id_rsa",
        "web.config",
        "wp-config.php",
        ".npmrc",
        "secrets.yml",
        ".s3cfg",
        "x",
    )
    secrets = (
        Call(MONDAY + n, SCANNER, "GET", UNMATCHED, f"/{name}", 404) for n, name in enumerate(names)
    )
    assert Desk(ForcedBrowsing).see(secrets)[-1].level is Level.HIGH


def test_insisting_prolongs_the_refusal() -> None:
    desk = Desk(ForcedBrowsing)
    desk.see(_wordlist(FEWEST))
    refused = (
        replace(call, ending=Ending.REFUSED, status=403)
        for call in _wordlist(20, at=MONDAY + 100, gap=300)
    )
    desk.see(refused)
    assert desk.stands(SCANNER, "GET /x", MONDAY + 100 + 19 * 300 + OUTLAWED - 1)
    assert desk.stands(SCANNER, "GET /x", MONDAY + 100 + 19 * 300 + OUTLAWED + 1) is None


def test_people_behind_the_same_address_are_challenged_not_refused() -> None:
    desk = Desk(ForcedBrowsing)
    address = "198.51.100.10"
    office = [caller(address, principal=f"p{n}", headers=f"h{n}") for n in range(5)]
    desk.see(call for n, who in enumerate(office) for call in _served(who, MONDAY + n))
    desk.see(_wordlist(30, who=caller(address, headers="wordlist"), at=MONDAY + 60))
    standing = desk.stands(office[0], "GET /products", MONDAY + 100)
    assert standing is not None
    assert not standing.convicts
    # Colleagues who are challenged do not keep the address barred.
    coming = _served(office[0], MONDAY + 200, 60, gap=60)
    desk.see(replace(call, ending=Ending.REFUSED, status=403) for call in coming)
    assert desk.stands(office[0], "GET /products", MONDAY + 3_000)
    assert desk.stands(office[0], "GET /products", MONDAY + 100 + OUTLAWED) is None


def test_whoever_bought_a_pass_is_judged_by_it() -> None:
    desk = Desk(ForcedBrowsing)
    buyer = caller("198.51.100.10", passed="one")
    desk.see(_wordlist(20, who=buyer))
    assert desk.stands(buyer, "GET /x", MONDAY + 10)
    assert desk.stands(caller("198.51.100.10"), "GET /x", MONDAY + 10) is None


def test_good_requests_in_between_do_not_hide_a_fast_scan() -> None:
    desk = Desk(ForcedBrowsing)
    calls: list[Call] = []
    for n, probe in enumerate(_wordlist(60, gap=1.0)):
        calls += [probe, *_served(SCANNER, MONDAY + n + 0.1, 2, 0.1)]
    told = desk.see(calls)
    assert told
    assert told[0].confidence < 0.8
    standing = desk.stands(SCANNER, "GET /x", MONDAY + 61)
    assert standing is not None
    assert not standing.convicts


def test_missing_pictures_favicons_and_one_path_again_and_again_are_honest() -> None:
    desk = Desk(ForcedBrowsing)
    honest = ["/favicon.ico", "/robots.txt", "/apple-touch-icon-120x120.png", "/.well-known/x"]
    honest += [f"/img/{n}.png" for n in range(30)] + ["/old/page"] * 100
    calls = (Call(MONDAY + n, SCANNER, "GET", UNMATCHED, p, 404) for n, p in enumerate(honest))
    assert not desk.see(calls)


def test_identifiers_that_do_not_exist_are_another_detectors_business() -> None:
    desk = Desk(ForcedBrowsing)
    desk.see(_served(SCANNER, MONDAY))
    calls = (
        Call(MONDAY + n, SCANNER, "GET", "/users/{phone}", f"/users/{n}", 404) for n in range(50)
    )
    assert not desk.see([Call(MONDAY, SCANNER, "GET", "/users/{phone}", "/users/x")], calls)


def test_a_broken_link_is_known_by_the_many_who_follow_it() -> None:
    desk = Desk(ForcedBrowsing)
    paths = [f"/v2/missing/{n}" for n in range(3)]
    told = []
    for visitor in range(50):
        who = caller(f"60.1.{visitor}.1")
        for n, path in enumerate(paths):
            told += desk.see([Call(MONDAY + visitor * 60 + n, who, "GET", UNMATCHED, path, 404)])
        told += desk.see(_served(who, MONDAY + visitor * 60 + 5, 3))
    assert not told


def test_a_verified_crawler_may_ask_for_a_site_that_moved() -> None:
    crawler = Client(ClientKind.BOT, "Examplebot", 0.9, verified=True)
    moved = (replace(call, client=crawler) for call in _wordlist(200, gap=60))
    assert not Desk(ForcedBrowsing).see(moved)


def _from_everywhere(at: float, minutes: int, seed: int = 5) -> Iterator[Call]:
    """One path of a wordlist from each of many addresses, fifteen a minute."""
    rng = Random(seed)
    for n in range(minutes * 15):
        who = caller(f"{rng.randrange(1, 220)}.{rng.randrange(250)}.{rng.randrange(250)}.9")
        yield Call(at + n * 4, who, "GET", UNMATCHED, f"/guess/{n}", 404, label="attack")


@pytest.mark.slow
def test_a_wordlist_from_ever_new_addresses_is_seen_by_all_of_them_together() -> None:
    desk = Desk(ForcedBrowsing)
    begin = MONDAY + 3 * DAY + 14 * HOUR
    told = desk.see(Peace(3, 4, monitor=300).calls(), _from_everywhere(begin, 30))
    assert [detection.circle for detection in told] == [EVERYONE] * len(told)
    assert 2 <= len(told) <= 3
    assert told[0].at - begin < 600
    assert told[0].level is Level.HIGH
    last = list(_from_everywhere(begin, 30))[-1]
    assert desk.stands(last.caller, "GET /x", last.at + 1)
    assert desk.stands(caller("81.2.0.1", principal="p1"), "GET /x", last.at) is None


@pytest.mark.slow
def test_memory_is_bounded_and_the_convicted_outlive_a_flood() -> None:
    desk = Desk(lambda reporter: ForcedBrowsing(reporter, callers=1_000, paths=500))
    desk.see(_wordlist(20))
    flood = (
        Call(MONDAY + 60 + n, caller(f"60.{n % 200}.{n // 200}.1"), "GET", UNMATCHED, f"/{n}", 404)
        for n in range(50_000)
    )
    desk.see(flood)
    behaviour = desk.behaviour
    assert isinstance(behaviour, ForcedBrowsing)
    assert len(behaviour._probers) <= 2_000
    assert len(behaviour._paths) == 500
    assert behaviour._probers.get("address:203.0.113.9") is not None


def test_after_a_quiet_hour_a_caller_is_heard_anew() -> None:
    desk = Desk(ForcedBrowsing)
    desk.see(_wordlist(FEWEST))
    later = MONDAY + 2 * OUTLAWED
    assert not desk.see(_wordlist(FEWEST - 1, at=later))
    assert desk.stands(SCANNER, "GET /x", later + 60) is None
