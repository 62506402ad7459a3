import time
from collections.abc import Iterator

import pytest
from tests.dns_server import DnsServer, dns_server
from tests.servers import eventually

from nightlatch.identity.crawlers import CRAWLERS
from nightlatch.respond.crawler_names import REMEMBERED, WAITING, CrawlerNames, confirm

NOW = 1_800_000_000.0
GOOGLEBOT = next(one for one in CRAWLERS if one.name == "Googlebot")
REAL = "203.0.113.1"
NAME = "crawl-203-0-113-1.googlebot.com."


@pytest.fixture
def zones() -> Iterator[DnsServer]:
    with dns_server() as server:
        server.pointers = {REAL: [NAME], "2001:db8::1": ["crawl-v6.googlebot.com."]}
        server.addresses = {NAME: [REAL], "crawl-v6.googlebot.com.": ["2001:db8:0::0001"]}
        yield server


@pytest.fixture
def names(zones: DnsServer) -> Iterator[CrawlerNames]:
    running = CrawlerNames(zones.resolver)
    yield running
    running.close()


def settled(names: CrawlerNames, address: str, now: float = NOW) -> bool | None:
    """What is known once the thread has found out."""
    names.ask(GOOGLEBOT, address, now)
    eventually(lambda: not names._pending)
    return names.ask(GOOGLEBOT, address, now)


@pytest.mark.parametrize("address", [REAL, "2001:db8::1"])
def test_there_and_back_again(zones: DnsServer, address: str) -> None:
    assert confirm(zones.resolver(), GOOGLEBOT, address) is True


@pytest.mark.parametrize(
    ("pointers", "addresses"),
    [
        ([], {}),
        (["host.example."], {"host.example.": ["198.51.100.1"]}),
        # Whoever has the network can give it this name, but not the way back.
        (["crawl-66.googlebot.com."], {"crawl-66.googlebot.com.": ["203.0.113.66"]}),
        (["crawl-66.googlebot.com."], {}),
        (["crawl-66.googlebot.com."], {"crawl-66.googlebot.com.": ["2001:db8::9"]}),
        (["crawl.googlebot.com.example."], {"crawl.googlebot.com.example.": ["198.51.100.1"]}),
        (["evilgooglebot.com."], {"evilgooglebot.com.": ["198.51.100.1"]}),
        # Rented machines of the same company.
        (["1.bc.googleusercontent.com."], {"1.bc.googleusercontent.com.": ["198.51.100.1"]}),
    ],
)
def test_impostors(zones: DnsServer, pointers: list[str], addresses: dict[str, list[str]]) -> None:
    if pointers:
        zones.pointers["198.51.100.1"] = pointers
    zones.addresses |= addresses
    assert confirm(zones.resolver(), GOOGLEBOT, "198.51.100.1") is False


def test_one_name_of_several_is_enough(zones: DnsServer) -> None:
    zones.pointers[REAL] = ["host.example.", NAME]
    assert confirm(zones.resolver(), GOOGLEBOT, REAL) is True


@pytest.mark.parametrize("name", ["1.113.0.203.in-addr.arpa.", NAME])
def test_a_server_that_fails_says_nothing(zones: DnsServer, name: str) -> None:
    zones.broken = {name}
    assert confirm(zones.resolver(), GOOGLEBOT, REAL) is None


@pytest.mark.slow
def test_a_server_that_is_silent_says_nothing(
    zones: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nightlatch.respond.crawler_names.SECONDS", 0.4)
    zones.silent = {NAME}
    assert confirm(zones.resolver(), GOOGLEBOT, REAL) is None


def test_a_closed_network_says_nothing(zones: DnsServer) -> None:
    assert confirm(zones.resolver(), GOOGLEBOT, "198.51.100.1") is False
    zones.pointers.clear()
    zones.addresses.clear()
    assert confirm(zones.resolver(), GOOGLEBOT, "198.51.100.1") is None


def test_what_is_no_address_says_nothing(zones: DnsServer) -> None:
    assert confirm(zones.resolver(), GOOGLEBOT, "testclient") is None


@pytest.mark.slow
def test_nobody_waits_and_answers_are_remembered(zones: DnsServer, names: CrawlerNames) -> None:
    zones.delay = 0.2
    began = time.monotonic()
    assert names.ask(GOOGLEBOT, REAL, NOW) is None
    assert names.ask(GOOGLEBOT, REAL, NOW) is None
    assert time.monotonic() - began < 0.2
    assert settled(names, REAL) is True
    zones.delay = 0.0
    assert settled(names, "198.51.100.1") is False
    before = zones.asked.total()
    assert settled(names, REAL, NOW + 3600) is True
    assert settled(names, "198.51.100.1", NOW + 1800) is False
    assert zones.asked.total() == before == 4


@pytest.mark.slow
def test_an_old_answer_holds_until_there_is_a_new_one(
    zones: DnsServer, names: CrawlerNames
) -> None:
    assert settled(names, REAL) is True
    del zones.pointers[REAL]
    later = NOW + REMEMBERED[True] + 1
    assert names.ask(GOOGLEBOT, REAL, later) is True
    assert settled(names, REAL, later) is False


@pytest.mark.slow
def test_what_was_not_answered_is_asked_again(zones: DnsServer, names: CrawlerNames) -> None:
    zones.broken = {NAME}
    assert settled(names, REAL) is None
    zones.broken = set()
    assert settled(names, REAL, NOW + 60) is None
    assert settled(names, REAL, NOW + REMEMBERED[None] + 1) is True


def test_a_flood_of_questions_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CrawlerNames, "_run", lambda self: None)
    names = CrawlerNames()
    for number in range(WAITING + 1_000):
        assert names.ask(GOOGLEBOT, f"198.51.{number >> 8}.{number & 255}", NOW) is None
    assert len(names._pending) == names._questions.qsize() == WAITING


def test_answers_are_bounded(names: CrawlerNames, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nightlatch.respond.crawler_names.CAPACITY", 10)
    for number in range(40):
        names._remember(("x", str(number)), NOW, answer=True)
    assert len(names._answers) == 10


def test_no_crawler_is_named_twice_or_hides_another() -> None:
    tokens = [one.token for one in CRAWLERS]
    assert len(set(tokens)) == len(tokens) == len({one.name for one in CRAWLERS})
    for number, later in enumerate(tokens):
        assert not [first for first in tokens[:number] if first in later]
    assert all(one.token == one.token.lower() for one in CRAWLERS)
