"""What a parameter's name says of its value."""

import pytest

from nightlatch.checks.attacks import parameter_names as names

KEYS = [
    ("next", "next"),
    ("returnTo", "returnto"),
    ("return_to", "returnto"),
    ("Redirect-URI", "redirecturi"),
    ("$.user[returnTo]", "returnto"),
    ("$.users[].home_page", "homepage"),
    ("user[url]", "url"),
    ("referer.next", "next"),
    ("$", ""),
    ("", ""),
    ("[]", ""),
    ("$.", ""),
    ("x" * 300 + ".url", "url"),
]


@pytest.mark.parametrize(("name", "key"), KEYS)
def test_the_key_is_the_last_part_without_joints(name: str, key: str) -> None:
    assert names.key(name) == key


REDIRECTS = ["next", "redirect_uri", "returnTo", "$.continueUrl", "goto", "RelayState"]
FETCHED = ["url", "imageUrl", "$.webhook[source]", "proxy", "feed", "avatar", "remote_file"]
NEITHER = ["", "name", "comment", "phone", "$.items[].price", "nextPaymentAmount"]


@pytest.mark.parametrize("name", REDIRECTS)
def test_where_the_browser_is_sent(name: str) -> None:
    assert names.redirects(name)
    assert names.surely_redirects(name)


@pytest.mark.parametrize("name", FETCHED)
def test_what_the_server_fetches(name: str) -> None:
    assert names.is_fetched(name)


@pytest.mark.parametrize(
    "name", ["image_url", "feed", "proxy", "$.webhookUrl", "dest", "target", "import-src"]
)
def test_what_only_a_server_fetches(name: str) -> None:
    assert names.is_surely_fetched(name)


@pytest.mark.parametrize(
    "name", ["redirect_uri", "callback", "return_to", "origin", "url", "next", "landing_page", "q"]
)
def test_what_a_browser_may_open_is_not_surely_fetched(name: str) -> None:
    assert not names.is_surely_fetched(name)


@pytest.mark.parametrize("name", NEITHER)
def test_other_names_say_nothing(name: str) -> None:
    assert not names.redirects(name)
    assert not names.is_fetched(name)
    assert not names.is_surely_fetched(name)
    assert not names.is_page_seen(name)
    assert not names.may_be_page(name)


@pytest.mark.parametrize("name", ["dl", "dr", "$.documentReferrer", "page_location", "baseURL"])
def test_where_analytics_writes_the_page(name: str) -> None:
    assert names.is_page_seen(name)


@pytest.mark.parametrize("name", ["url", "$.href", "page", "location"])
def test_where_some_of_them_do(name: str) -> None:
    assert names.may_be_page(name)
    assert not names.is_page_seen(name)


def test_names_that_may_be_anything_do_not_surely_redirect() -> None:
    for name in ("url", "u", "to", "href", "page", "back_url"):
        assert names.redirects(name)
        assert not names.surely_redirects(name)


@pytest.mark.parametrize("part", [".", "[", "]", "a.", "-", "redirect", "a[", "\n"])
def test_long_names_are_read_to_a_bound(part: str) -> None:
    # Patterns that backtrack would not come back from these: the suite's timeout is the judge.
    name = part * (200_000 // len(part))
    for ask in (
        names.redirects,
        names.surely_redirects,
        names.is_fetched,
        names.is_surely_fetched,
        names.is_page_seen,
        names.may_be_page,
    ):
        assert ask(name) in {True, False}
