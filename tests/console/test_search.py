"""The search as an address."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.console.search import Search, read_search
from nightlatch.exchange.judgement import Level
from nightlatch.store.ports import EventQuery

FIELDS = st.sampled_from([*Search.__struct_fields__, "page", "span"])


def test_every_field_narrows() -> None:
    search = Search(
        level="medium",
        endpoint="GET /a",
        method="GET",
        status="4xx",
        address="203.0.113.7",
        circle="network:203.0.113.0/24",
        check="hsts",
        refused="no",
        text="phone",
        before="01",
    )
    assert search.problems() == ()
    assert search.query(7) == EventQuery(
        level=Level.MEDIUM,
        endpoint="GET /a",
        method="GET",
        status="4xx",
        address="203.0.113.7",
        circle="network:203.0.113.0/24",
        check="hsts",
        refused=False,
        text="phone",
        before="01",
        limit=7,
    )


@pytest.mark.parametrize(
    ("search", "problem"),
    [
        (Search(level="severe"), "level"),
        (Search(status="40"), "status"),
        (Search(status="9xx"), "status"),
        (Search(status="4²²"), "status"),
        (Search(refused="maybe"), "refused"),
    ],
)
def test_what_cannot_be_searched_is_said_and_does_not_narrow(search: Search, problem: str) -> None:
    (words,) = search.problems()
    assert words.startswith(problem)
    assert search.query() == EventQuery()


def test_the_page_is_not_part_of_the_search() -> None:
    assert Search(method="GET", before="01").address_with() == "method=GET"
    assert Search(method="GET").address_with(before="02") == "method=GET&before=02"


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(FIELDS, st.text(max_size=600)))
def test_any_address_is_read_and_written_back(parameters: dict[str, str]) -> None:
    search = read_search(parameters)
    search.problems()
    search.query()
    encodable = search.address_with().encode("utf-8", "replace").decode()
    assert read_search(dict(parse_qsl(encodable))).active().keys() <= search.active().keys()
