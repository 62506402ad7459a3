import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.capture.urls import LONGEST, Target, read_address, read_url

URLS = {
    "https://api.example.com/a%20b?c=%20d#e": (
        Target("https", "api.example.com", "/a b", "c=%20d", has_query=True)
    ),
    "http://127.0.0.1:8000": Target("http", "127.0.0.1:8000", "/", "", has_query=False),
    "HTTP://[::1]:80/?": Target("http", "[::1]:80", "/", "", has_query=True),
    "https://user:secret@example.com/x": Target("https", "example.com", "/x", "", has_query=False),
    "//example.com/x": Target("", "example.com", "/x", "", has_query=False),
    "/x?y": Target("", "", "/x", "y", has_query=True),
    "https://undefined/x?a=//b": Target("https", "undefined", "/x", "a=//b", has_query=True),
}


@pytest.mark.parametrize(("text", "target"), URLS.items())
def test_urls(text: str, target: Target) -> None:
    assert read_url(text) == target


@pytest.mark.parametrize("text", ["", "x", "mailto:a@b", "example.com/x", "/" * (LONGEST + 1)])
def test_what_is_no_url(text: str) -> None:
    assert read_url(text) is None


ADDRESSES = {
    "203.0.113.7": "203.0.113.7",
    " 203.0.113.7 ": "203.0.113.7",
    "::ffff:203.0.113.7": "203.0.113.7",
    "2001:DB8::1": "2001:db8::1",
    "[2001:db8::1]": "2001:db8::1",
    "fe80::1%eth0": "fe80::1",
    "bogon": "",
    "unknown": "",
    "localhost": "",
    "203.0.113.7, 10.0.0.1": "",
    "": "",
    None: "",
    7: "",
}


@pytest.mark.parametrize(("text", "address"), ADDRESSES.items())
def test_addresses(text: object, address: str) -> None:
    assert read_address(text) == address


@given(st.text(max_size=100))
@settings(max_examples=100, deadline=None)
def test_no_text_raises(text: str) -> None:
    read_url(text)
    read_url(f"http://{text}")
    read_address(text)
