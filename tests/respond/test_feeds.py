import os
import time
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from tests.list_server import ListServer, list_server, says_error_with_200, with_status
from tests.mmdb import mmdb

from nightlatch.identity.feeds import Feed, FeedKind
from nightlatch.identity.networks import Networks
from nightlatch.respond.feed_files import FeedFiles, Known
from nightlatch.respond.feeds import RETRY, Bounds, Feeds

NOW = 1_800_000_000.0
DAY = 86_400.0
LIST = "".join(f"192.0.2.{number}\n" for number in range(20))


@pytest.fixture
def server() -> Iterator[ListServer]:
    with list_server() as running:
        running.text = LIST
        yield running


class House:
    """Feeds over a directory, as one application process has them."""

    def __init__(self, directory: Path, *feeds: Feed, databases: tuple[Path, ...] = ()) -> None:
        self.networks = Networks()
        self.files = FeedFiles(directory)
        self.feeds = Feeds(feeds, databases, directory, self.networks, Bounds(100_000, 5.0))

    def lists(self, address: str) -> tuple[str, ...]:
        return self.networks.look(address).lists

    def troubles(self) -> str:
        return "\n".join(f"{one.place}: {one.text}" for one in self.feeds.troubles.current())


class Builder:
    """Makes houses, and closes them."""

    def __init__(self) -> None:
        self.houses: list[House] = []

    def __call__(self, directory: Path, *feeds: Feed, databases: tuple[Path, ...] = ()) -> House:
        self.houses.append(House(directory, *feeds, databases=databases))
        return self.houses[-1]


@pytest.fixture
def build() -> Iterator[Builder]:
    builder = Builder()
    yield builder
    for house in builder.houses:
        house.feeds.close()


def drop(server: ListServer, **more: object) -> Feed:
    return Feed(**{"name": "drop", "kind": FeedKind.BAD, "url": server.url + "/drop.txt"} | more)  # type: ignore[arg-type]


def test_a_feed_is_fetched_kept_and_asked_again_when_due(
    server: ListServer, tmp_path: Path, build: Builder
) -> None:
    server.etag = '"v1"'
    house = build(tmp_path, drop(server))
    house.feeds.tick(NOW)
    assert house.lists("192.0.2.1") == ("drop",)
    house.feeds.tick(NOW + 0.8 * DAY)
    assert len(server.asked) == 1
    house.feeds.tick(NOW + 1.2 * DAY)
    assert server.asked[1]["if-none-match"] == '"v1"'
    known = house.files.known(drop(server))
    assert (known.fetched, known.checked, known.entries) == (NOW, NOW + 1.2 * DAY, 20)

    server.text, server.etag = LIST + "198.51.100.1\n", '"v2"'
    house.feeds.tick(NOW + 3 * DAY)
    assert house.lists("198.51.100.1") == ("drop",)


def test_nothing_is_asked_at_a_restart_that_is_not_due(
    server: ListServer, tmp_path: Path, build: Builder
) -> None:
    first = build(tmp_path, drop(server))
    first.feeds.tick(NOW)
    first.feeds.close()
    again = build(tmp_path, drop(server))
    again.feeds.tick(NOW + 60)
    assert again.lists("192.0.2.1") == ("drop",)
    assert len(server.asked) == 1


BAD_ANSWERS = {
    "error": (with_status(500), "answered 500"),
    "page": (says_error_with_200, "HTML"),
    "shrunk": (None, "shrank from 20 entries to 1"),
}


@pytest.mark.parametrize("how", BAD_ANSWERS)
def test_the_last_good_copy_is_used_while_a_source_fails(
    server: ListServer, tmp_path: Path, build: Builder, how: str
) -> None:
    house = build(tmp_path, drop(server))
    house.feeds.tick(NOW)
    misbehave, told = BAD_ANSWERS[how]
    server.misbehave, server.text = misbehave, "192.0.2.1\n"
    house.feeds.tick(NOW + 2 * DAY)
    assert house.lists("192.0.2.7") == ("drop",)
    assert told in house.troubles()
    known = house.files.known(drop(server))
    assert (known.failures, known.entries) == (1, 20)
    assert told in known.error

    restarted = build(tmp_path, drop(server))
    restarted.feeds.load(NOW)
    assert restarted.lists("192.0.2.7") == ("drop",)

    server.misbehave, server.text = None, LIST
    house.feeds.tick(NOW + 2 * DAY + 2 * RETRY)
    assert house.troubles() == ""
    assert house.files.known(drop(server)).error == ""


def test_a_list_that_shrank_rightly_is_taken_once_its_copy_is_deleted(
    server: ListServer, tmp_path: Path, build: Builder
) -> None:
    house = build(tmp_path, drop(server))
    house.feeds.tick(NOW)
    server.text = "192.0.2.1\n"
    house.feeds.tick(NOW + 2 * DAY)
    assert "delete the copy feeds/drop.list" in house.troubles()
    (tmp_path / "drop.list").unlink()
    house.feeds.tick(NOW + 3 * DAY)
    assert (house.lists("192.0.2.1"), house.lists("192.0.2.2")) == (("drop",), ())


def test_the_copy_is_in_force_before_the_source_is_asked(
    server: ListServer, tmp_path: Path, build: Builder
) -> None:
    first = build(tmp_path, drop(server))
    first.feeds.tick(NOW)
    first.feeds.close()
    late = build(tmp_path, drop(server))
    known: list[tuple[str, ...]] = []

    def slow(handler: BaseHTTPRequestHandler) -> None:
        known.append(late.lists("192.0.2.1"))
        with_status(503)(handler)

    server.misbehave = slow
    late.feeds.tick(NOW + 2 * DAY)
    assert known == [("drop",)]


def test_a_source_that_fails_is_asked_ever_more_rarely(
    server: ListServer, tmp_path: Path, build: Builder
) -> None:
    server.misbehave = with_status(503)
    house = build(tmp_path, drop(server))
    for minute in range(0, 24 * 60, 5):
        house.feeds.tick(NOW + 60.0 * minute)
    assert 6 <= len(server.asked) <= 12
    assert house.lists("192.0.2.1") == ()


def test_what_must_not_change_is_held_to_its_digest(
    server: ListServer, tmp_path: Path, build: Builder
) -> None:
    good = drop(server, sha256=sha256(LIST.encode()).hexdigest())
    house = build(tmp_path / "good", good)
    house.feeds.tick(NOW)
    assert house.lists("192.0.2.1") == ("drop",)
    server.text = LIST + "8.8.8.8\n"
    other = build(tmp_path / "other", good)
    other.feeds.tick(NOW)
    assert other.lists("192.0.2.1") == ()
    assert "SHA-256" in other.troubles()


def test_the_copy_of_another_source_is_no_measure(
    server: ListServer, tmp_path: Path, build: Builder
) -> None:
    server.etag = '"v1"'
    house = build(tmp_path, drop(server))
    house.feeds.tick(NOW)
    house.feeds.close()
    server.text = "198.51.100.1\n"
    moved = build(tmp_path, drop(server, url=server.url + "/other.txt"))
    moved.feeds.tick(NOW + 60)
    assert moved.lists("198.51.100.1") == ("drop",)
    assert "if-none-match" not in server.asked[-1]


def test_a_copy_that_was_lost_is_fetched_whole(
    server: ListServer, tmp_path: Path, build: Builder
) -> None:
    server.etag = '"v1"'
    house = build(tmp_path, drop(server))
    house.feeds.tick(NOW)
    house.files.path(drop(server)).unlink()
    house.feeds.refresh(drop(server), NOW + 60)
    house.feeds.load(NOW + 60)
    assert house.lists("192.0.2.1") == ("drop",)


def test_a_copy_that_was_spoilt_is_fetched_anew(
    server: ListServer, tmp_path: Path, build: Builder
) -> None:
    server.etag = '"v1"'
    house = build(tmp_path, drop(server))
    house.feeds.tick(NOW)
    house.files.path(drop(server)).write_bytes(b"<html>")
    house.feeds.load(NOW + 5)
    assert "HTML" in house.troubles()
    house.feeds.tick(NOW + 10)
    assert house.lists("192.0.2.1") == ("drop",)
    assert house.troubles() == ""


def test_one_process_fetches_and_the_others_notice(
    server: ListServer, tmp_path: Path, build: Builder
) -> None:
    one, other = build(tmp_path, drop(server)), build(tmp_path, drop(server))
    one.feeds.tick(NOW)
    other.feeds.tick(NOW)
    assert len(server.asked) == 1
    assert other.lists("192.0.2.1") == ("drop",)
    one.feeds.close()
    other.feeds.tick(NOW + 2 * DAY)
    assert len(server.asked) == 2


def test_a_file_is_read_where_it_lies_and_again_when_it_changes(
    tmp_path: Path, build: Builder
) -> None:
    path = tmp_path / "own.txt"
    path.write_text("192.0.2.1\n")
    house = build(tmp_path / "feeds", Feed("own", FeedKind.BAD, path=str(path)))
    house.feeds.tick(NOW)
    assert house.lists("192.0.2.1") == ("own",)
    path.write_text("192.0.2.2\nand more\n")
    os.utime(path, (time.time() + 2, time.time() + 2))
    house.feeds.tick(NOW + 5)
    assert (house.lists("192.0.2.1"), house.lists("192.0.2.2")) == ((), ("own",))
    path.unlink()
    house.feeds.tick(NOW + 10)
    assert "list own" in house.troubles()
    assert not (tmp_path / "feeds").exists()


def test_databases_are_opened_anew_when_they_change(tmp_path: Path, build: Builder) -> None:
    path = tmp_path / "geo.mmdb"
    house = build(tmp_path / "feeds", databases=(path,))
    house.feeds.tick(NOW)
    path.write_bytes(b"hello")
    house.feeds.tick(NOW + 5)
    assert "database geo.mmdb" in house.troubles()
    path.write_bytes(mmdb({"192.0.2.0/24": {"country": {"iso_code": "DE"}}}))
    house.feeds.tick(NOW + 10)
    assert house.networks.look("192.0.2.1").country == "DE"
    assert house.troubles() == ""


def test_a_disk_that_cannot_be_written_stops_nothing(
    server: ListServer, tmp_path: Path, build: Builder
) -> None:
    (tmp_path / "feeds").write_text("a file where the directory should be")
    house = build(tmp_path / "feeds", drop(server))
    house.feeds.tick(NOW)
    assert house.lists("192.0.2.1") == ()
    assert house.troubles()


def test_what_is_kept_is_forgiving(tmp_path: Path) -> None:
    files, feed = FeedFiles(tmp_path), Feed("drop", FeedKind.BAD, url="http://127.0.0.1/")
    assert files.known(feed) == Known()
    (tmp_path / "drop.json").write_bytes(b'{"entries": "many"}')
    assert files.known(feed) == Known()
