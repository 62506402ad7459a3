import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.exchange import shapes

PHONES = {
    "+15551234567": "15551234567",
    "+1 (555) 123-4567": "15551234567",
    "+1-555-123-4567": "15551234567",
    "+1.555.123.4567": "15551234567",
    "001 555 123 4567": "15551234567",
    "15551234567": "15551234567",
    "(555) 123-4567": "5551234567",
    "555-123-4567": "5551234567",
    "555.123.4567": "5551234567",
    "tel:+44-20-7946-0958": "442079460958",
    "+44 (0)20 7946 0958": "442079460958",
    "030/1234567": "0301234567",
    "\uff10\uff13\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17": "0301234567",
    "+٤٤٢٠٧٩٤٦٠٩٥٨": "442079460958",
}
NOT_PHONES = [
    "",
    "+",
    "123456",
    "1234567890123456",
    "2024-01-31",
    "31.12.2024",
    "123-45-6789",
    "192.168.100.200",
    "1234567.89",
    "-1234567",
    "1234-5678-9012-3456",
    "2019-2024",
    "+1 555 CALL NOW",
    "²³²³²³²³",
    "1" * 100_000,
]


@pytest.mark.parametrize(("text", "digits"), PHONES.items())
def test_a_phone_in_any_spelling(text: str, digits: str) -> None:
    assert shapes.phone_digits(text) == digits


@pytest.mark.parametrize("text", NOT_PHONES, ids=lambda text: str(text)[:20])
def test_not_spelled_like_a_phone(text: str) -> None:
    assert shapes.phone_digits(text) is None


def test_every_spelling_was_tried() -> None:
    assert (len(PHONES), len(NOT_PHONES)) == (14, 15)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("a@example.com", True),
        ("first.last+tag@sub.example.co.uk", True),
        ("jörg@münchen.de", True),
        ("a@xn--mnchen-3ya.xn--p1ai", True),
        ("icon@2x.png", False),
        ("lodash@4.17.21", False),
        ("git@github.com:owner/name.git", False),
        ("@handle", False),
        ("a@b", False),
        ("a b@example.com", False),
        ("a@" + "b" * 300 + ".com", False),
    ],
)
def test_email(text: str, answer: bool) -> None:
    assert shapes.is_email(text) is answer


def test_made_up_codes_and_words() -> None:
    assert all(map(shapes.is_code, ["ORD-2024-000123", "cus_9s6XKzkNRiz8i3", "AB123456"]))
    assert not any(map(shapes.is_code, ["sha256", "v1beta1", "settings", "12345678", "a 123 4567"]))


def test_moments_are_told_from_numbers() -> None:
    assert shapes.is_moment("1700000000")
    assert shapes.is_moment("1700000000123")
    assert not shapes.is_moment("15551234567")
    assert not shapes.is_moment("5551234567")


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_no_text_raises(text: str) -> None:
    digits = shapes.phone_digits(text)
    assert digits is None or (digits.isascii() and digits.isdigit())
    for test in (
        shapes.is_email,
        shapes.is_uuid,
        shapes.is_hex,
        shapes.is_object_id,
        shapes.is_ulid,
        shapes.is_code,
        shapes.is_marked_phone,
        shapes.is_mask,
    ):
        assert test(text) in (True, False)
