import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.inventory.segments import Kind, kind_of_digits, name_of_slugs, segment_kind
from nightlatch.inventory.words import WORDS, is_word


@pytest.mark.parametrize(
    ("segment", "kind"),
    [
        ("users", Kind.WORD),
        ("v1", Kind.WORD),
        ("1.1", Kind.WORD),
        ("sha256", Kind.WORD),
        ("en-US", Kind.WORD),
        ("step-3-details", Kind.WORD),
        ("42", Kind.ID),
        ("-42", Kind.ID),
        ("1234.56", Kind.ID),
        ("12345678901234567", Kind.ID),
        ("5551234567", Kind.DIGITS),
        ("{phone}", Kind.PHONE),
        ("{id2}", Kind.ID),
        ("{anything}", Kind.WORD),
        ("+442079460958", Kind.PHONE),
        ("tel:+442079460958", Kind.PHONE),
        ("a" * 65, Kind.TOKEN),
        ("", Kind.WORD),
        ("%", Kind.WORD),
        ("%FF%FE", Kind.WORD),
    ],
)
def test_what_a_segment_looks_like(segment: str, kind: Kind) -> None:
    assert segment_kind(segment) is kind


@pytest.mark.parametrize(
    ("digits", "parent", "seen", "kind"),
    [
        ("15551234567", "users", set(), Kind.PHONE),
        ("15551234567", "orders", set(), Kind.ID),
        ("15551234567", "things", {Kind.ID}, Kind.ID),
        ("1234567", "things", {Kind.PHONE}, Kind.PHONE),
        ("1234567", "things", set(), Kind.ID),
        ("1234567", "phone-numbers", set(), Kind.PHONE),
        ("1700000000", "since", set(), Kind.ID),
        ("20240131", "reports", set(), Kind.DATE),
        ("20241331", "reports", set(), Kind.ID),
        ("20240131", "reports", {Kind.ID}, Kind.ID),
    ],
)
def test_the_place_decides_what_digits_are(
    digits: str, parent: str, seen: set[str], kind: Kind
) -> None:
    assert kind_of_digits(digits, parent, seen) is kind


def test_free_words_below_people_are_user_names() -> None:
    assert name_of_slugs("users") is Kind.USERNAME
    assert name_of_slugs("articles") is Kind.SLUG


def test_the_dictionary() -> None:
    assert len(WORDS) > 900
    assert all(word == word.lower() and word.isalpha() for word in WORDS)
    assert all(map(is_word, ["me", "forgot-password", "onboardingStatus", "v2beta1", "1.0"]))
    assert not any(map(is_word, ["zkrmbl", "user1", "sEtTiNgS", "", "1234.56", "a-b-c-d-e"]))


@given(st.text(max_size=80))
@settings(max_examples=100, deadline=None)
def test_any_segment_has_a_kind(segment: str) -> None:
    assert isinstance(segment_kind(segment), Kind)
    is_word(segment)
