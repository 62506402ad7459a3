import pytest

from nightlatch.identity.feed_formats import read_lines
from nightlatch.identity.feeds import (
    Feed,
    FeedKind,
    FeedRefused,
    Format,
    believe,
    feed_of_file,
    read_feed,
    read_feeds,
)

DIGEST = "a" * 64


def test_a_feed_in_words() -> None:
    text = f"drop bad https://lists.example/drop.json format=json hours=12 least=10 sha256={DIGEST}"
    assert read_feed(text) == Feed(
        "drop",
        FeedKind.BAD,
        url="https://lists.example/drop.json",
        format=Format.JSON,
        every=12 * 3600,
        least=10,
        sha256=DIGEST,
    )
    assert read_feed("tor tor 'my lists/tor.txt' column=2").path == "my lists/tor.txt"
    assert feed_of_file("lists/firehol.netset") == Feed(
        "firehol", FeedKind.BAD, path="lists/firehol.netset"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://lists.example/drop.txt", "write NAME KIND URL"),
        ("drop evil https://lists.example/", "there are bad, tor"),
        ("../drop bad list.txt", "letters, digits"),
        (".drop bad list.txt", "letters, digits"),
        ("drop bad ftp://lists.example/", "only http:// and https://"),
        ("drop bad file:///etc/passwd", "only http:// and https://"),
        ("drop bad https://me:secret@lists.example/", "user name in a URL"),
        ("drop bad list.txt hours=0", "hours=24"),
        ("drop bad list.txt sha256=abc", "64 hexadecimal"),
        ("drop bad list.txt colour=red", "colour=red"),
        ("drop bad 'list.txt", "No closing quotation"),
    ],
)
def test_mistakes_say_what_to_do(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_feed(text)


def test_a_key_in_a_url_is_not_shown() -> None:
    assert read_feed("a bad https://lists.example/l?key=s3cret").shown == "https://lists.example/l"
    assert read_feed("a bad list.txt").shown == "list.txt"


def test_names_are_for_one_feed_each() -> None:
    with pytest.raises(ValueError, match='called "a"'):
        read_feeds(("a bad one.txt", "a tor two.txt"))


FEED = Feed("drop", FeedKind.BAD, path="-", least=3)


@pytest.mark.parametrize(
    ("lines", "before", "told"),
    [
        (["192.0.2.1", "192.0.2.2"], 0, "holds 2 entries, and should hold 3"),
        ([], 0, "holds 0 entries"),
        ([f"192.0.2.{n}" for n in range(9)], 91, "shrank from 91 entries to 9"),
        (["192.0.2.1", "192.0.2.2", "192.0.2.3", "sorry"], 0, "not a list of addresses"),
        (["0.0.0.0/1", "192.0.2.2", "192.0.2.3"], 0, "names 50% of all IPv4"),
    ],
)
def test_what_is_not_believed(lines: list[str], before: int, told: str) -> None:
    with pytest.raises(FeedRefused, match=told):
        believe(FEED, read_lines(lines), before)


def test_what_is_believed() -> None:
    believe(FEED, read_lines([f"192.0.2.{n}" for n in range(10)]), 100)
    # FireHOL's first level holds the private and the unused networks too.
    bogons = ["0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "224.0.0.0/3"]
    believe(FEED, read_lines(bogons), 0)
