"""Evidence in words: names, samples and stretches of time."""

import pytest

from nightlatch.checks.wording import days, listed, named
from nightlatch.exchange.disclosure import DataClass, DataItem, Side

UNUSUAL = "a field with an unusual name"


@pytest.mark.parametrize("name", ["phone", "$.users[].phone", "user-id", "filter[name]", "_a1"])
def test_a_programmer_s_name_is_repeated(name: str) -> None:
    assert named(name) == f"`{name}`"


@pytest.mark.parametrize(
    "name", ["", "a b", "+15550100", "$.u4711", "é", "x" * 65, "a\nb", "a@b.c"]
)
def test_any_other_is_not(name: str) -> None:
    assert named(name) == UNUSUAL


def item(path: str) -> DataItem:
    return DataItem(Side.RESPONSE, path, DataClass.PHONE, 0.9, "+1•••••••67")


def test_items_are_listed_with_their_masked_samples() -> None:
    assert listed([item("$.phone")]) == "phone in `$.phone` (+1•••••••67)"


def test_many_items_are_cut_short() -> None:
    assert listed([item(f"$.p{n}") for n in range(5)]).endswith("`$.p2` (+1•••••••67), 2 more")


def test_days() -> None:
    assert [days(86_400), days(86_400 * 2.9)] == ["1 day", "2 days"]
