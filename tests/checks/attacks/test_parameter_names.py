"""What a parameter's name says."""

import pytest

from nightlatch.checks.attacks.parameter_names import (
    is_page_seen,
    is_surely_fetched,
    key,
    may_be_page,
    surely_redirects,
)


@pytest.mark.parametrize(
    ("name", "last"),
    [("$.user[returnTo]", "returnto"), ("image_url", "imageurl"), ("a.b-c", "bc"), ("", "")],
)
def test_the_last_part_counts(name: str, last: str) -> None:
    assert key(name) == last


@pytest.mark.parametrize(
    "name",
    [
        "image_url",
        "feed",
        "proxy",
        "webhook",
        "$.webhookUrl",
        "dest",
        "target",
        "import-src",
        "dest_url",
    ],
)
def test_what_a_server_fetches(name: str) -> None:
    assert is_surely_fetched(name)


@pytest.mark.parametrize(
    "name", ["redirect_uri", "callback", "return_to", "origin", "url", "next", "landing_page", "q"]
)
def test_where_browsers_go(name: str) -> None:
    assert not is_surely_fetched(name)


def test_the_kinds_keep_apart() -> None:
    assert surely_redirects("redirect_uri")
    assert is_page_seen("page_location")
    assert may_be_page("url")
    assert not is_page_seen("image_url")
