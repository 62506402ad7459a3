"""URLs in texts, and the hosts that different programs see."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.url.find import MAX_URLS, find_urls, hosts

SEEN = [
    ("http://example.com/a", ["example.com"]),
    ("http://example.com:80", ["example.com"]),
    ("http://user:pw@example.com/", ["example.com"]),
    ("http://a.example@127.0.0.1/", ["127.0.0.1", "a.example"]),
    ("http://127.0.0.1\\@a.example/", ["127.0.0.1", "a.example"]),
    ("http://127.0.0.1#@a.example/", ["127.0.0.1", "a.example"]),
    ("http://1.1.1.1 &@2.2.2.2# @3.3.3.3/", ["2.2.2.2", "1.1.1.1", "3.3.3.3"]),
    ("http://[::1]:22/", ["[::1]"]),
    ("http://example.com#10.0.0.1", ["example.com"]),
    ("http:127.1", ["127.1"]),
    ("http:\\\\127.1\\a", ["127.1"]),
    ("//127.1/", ["127.1"]),
    ("/\\127.1/", ["127.1"]),
    ("jar:http://127.1!/", ["127.1"]),
    ("http://", []),
    ("http://%", []),
    ("http://:80/", []),
]


@pytest.mark.parametrize(("text", "wanted"), SEEN)
def test_hosts(text: str, wanted: list[str]) -> None:
    found = [host for url in find_urls(text) for host, _ in hosts(url)]
    assert found == wanted


def test_several_in_one_text() -> None:
    text = 'see http://a.example/x, <a href="https://b.example">b</a> or ftp://c.example?u=http://d'
    assert [url.authority for url in find_urls(text)] == [
        "a.example",
        "b.example",
        "c.example",
        "d",
    ]


@pytest.mark.parametrize("text", ["", "a:b", "12:30", "//1 comment", "1 // 2", "C:\\x", "no URL"])
def test_what_is_none(text: str) -> None:
    assert not [url for url in find_urls(text) if url.slashes]


@given(st.text("htp:/\\@#[]. a1%&?!", max_size=80))
@settings(max_examples=100, deadline=None)
def test_never_raises(text: str) -> None:
    for url in find_urls("http://" + text):
        hosts(url)
        assert url.text


@pytest.mark.parametrize(
    "part", ["http://", "http:/\\", "@", "a:", "//", "http://a@", " &@", "[", "."]
)
def test_hostile_texts_are_read_to_the_bound(part: str) -> None:
    # Patterns that backtrack would not come back from these: the suite's timeout is the judge.
    text = "http://" + part * (8192 // len(part))
    urls = list(find_urls(text))
    assert len(urls) <= MAX_URLS + 1
    for url in urls:
        assert len(hosts(url)) <= 10
