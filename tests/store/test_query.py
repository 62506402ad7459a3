"""What questions mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.store.records import record

from nightlatch.exchange.record import Message
from nightlatch.store.query import NO_STATUS, searchable, status_range


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("404", (404, 404)),
        (" 200 ", (200, 200)),
        ("4xx", (400, 499)),
        ("5XX", (500, 599)),
        ("0", (0, 0)),
        ("", NO_STATUS),
        ("40", NO_STATUS),
        ("4040", NO_STATUS),
        ("xxx", NO_STATUS),
        ("4xx5", NO_STATUS),
        ("-1", NO_STATUS),
        ("٤٠٤", NO_STATUS),
    ],
)
def test_status(text: str, expected: tuple[int, int]) -> None:
    assert status_range(text) == expected


def test_all_text_is_searchable_in_one_case() -> None:
    text = searchable(
        record(
            path="/PATH",
            query="Query",
            host="HOST",
            address="2001:DB8::1",
            request=Message(body="Asked"),
            response=Message(body="ANSWERED"),
        )
    )
    assert text == "/path\nquery\nhost\n2001:db8::1\nasked\nanswered"


@given(st.text(st.sampled_from("aZ•\0ßΣ\n") | st.characters(codec="utf-8"), max_size=40))
def test_masks_change_nothing_about_folding(text: str) -> None:
    asked = record(path=text, request=Message(body=text), response=Message(body=""))
    folded = text.casefold()
    assert searchable(asked).startswith(f"{folded}\n")
    assert searchable(asked).endswith(f"\n{folded}\n")
