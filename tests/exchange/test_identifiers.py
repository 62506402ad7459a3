import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.exchange.disclosure import DataClass
from nightlatch.exchange.identifiers import (
    canonical,
    identifier_kind,
    may_identify,
    shape_number,
)
from nightlatch.exchange.shapes import Scalar

CASES: list[tuple[str, Scalar, DataClass | None]] = [
    ("phone", "+1 555 123 4567", DataClass.PHONE),
    ("phone", "15551234567", DataClass.PHONE),
    ("phone", 15551234567, DataClass.PHONE),
    ("phones", "0049 30 1234567", DataClass.PHONE),
    ("phone", "", None),
    ("phone", None, None),
    ("phone", True, None),
    ("phone", "n/a", None),
    ("number", "15551234567", DataClass.PHONE),
    ("numbers", "+15551234567", DataClass.PHONE),
    ("toNumber", "15551234567", DataClass.PHONE),
    ("order_number", "4512345678", DataClass.ACCOUNT_ID),
    ("page_number", 3, None),
    ("q", "15551234567", DataClass.PHONE),
    ("q", "1700000000", None),
    ("q", "shoes", None),
    ("q", "alice@example.com", DataClass.EMAIL),
    ("", "+15551234567", DataClass.PHONE),
    ("", "15551234567", None),
    ("whatever", "+1 (555) 123-4567", DataClass.PHONE),
    ("whatever", "alice@example.com", DataClass.EMAIL),
    ("created", 1700000000, None),
    ("created", "1700000000", None),
    ("price", "1234567.89", None),
    ("email", "alice@example.com", DataClass.EMAIL),
    ("email", "alice", None),
    ("username", "********", None),
    ("username", "[REDACTED]", None),
    ("username", "***star***", DataClass.USERNAME),
    ("account_id", "*" * 36, None),
    ("user_id", "•" * 20, None),
    ("phone", "***********", None),
    ("login", "alice", DataClass.USERNAME),
    ("login", "alice@example.com", DataClass.EMAIL),
    ("username", "15551234567", DataClass.PHONE),
    ("user", "alice@example.com", DataClass.EMAIL),
    ("id", 7, DataClass.ACCOUNT_ID),
    ("id", "7", DataClass.ACCOUNT_ID),
    ("id", -7, None),
    ("id", 7.5, None),
    ("id", "active", None),
    ("uuid", "9b2e6c1e-9d3a-4b00-8234-56789abcdef0", DataClass.ACCOUNT_ID),
    ("userId", "5f2b6c1e9d3a4b0012345678", DataClass.ACCOUNT_ID),
    ("account_id", "01ARZ3NDEKTSV4RRFFQ69G5FAV", DataClass.ACCOUNT_ID),
    ("user_id", "+15551234567", DataClass.PHONE),
    ("user_id", "alice@example.com", DataClass.EMAIL),
    ("request_id", "9b2e6c1e-9d3a-4b00-8234-56789abcdef0", None),
    ("trace_id", "5f2b6c1e9d3a4b0012345678", None),
    ("category_id", 7, None),
    ("status_code", 200, None),
    ("iban", "DE89 3704 0044 0532 0130 00", DataClass.IBAN),
    ("ssn", "123-45-6789", DataClass.NATIONAL_ID),
    ("ssn", "none", None),
    ("passport_number", "C01X00T47", DataClass.PASSPORT),
    ("imei", "490154203237518", DataClass.DEVICE_ID),
    ("mac", "00:1b:44:11:3a:b7", DataClass.DEVICE_ID),
    ("card_number", "4111 1111 1111 1111", DataClass.PAYMENT_CARD),
    ("vin", "1HGCM82633A004352", DataClass.ACCOUNT_ID),
    ("password", "hunter2hunter2", None),
    ("first_name", "Alice", None),
    ("phone", "1" * 100_000, None),
    ("x" * 100_000, "+15551234567", DataClass.PHONE),
]


@pytest.mark.parametrize(("name", "value", "kind"), CASES, ids=lambda value: str(value)[:30])
def test_which_values_identify(name: str, value: Scalar, kind: DataClass | None) -> None:
    assert identifier_kind(name, value) is kind


def test_every_case_was_tried() -> None:
    assert len(CASES) == 62


@pytest.mark.parametrize(
    ("kind", "spellings", "one"),
    [
        (
            DataClass.PHONE,
            ["+1 (555) 123-4567", "001 555 123 4567", 15551234567, "1.555.123.4567"],
            "15551234567",
        ),
        (DataClass.EMAIL, ["Alice@Example.com ", "alice@example.com"], "alice@example.com"),
        (DataClass.USERNAME, ["Alice", "alice"], "alice"),
        (DataClass.IBAN, ["de89 3704 0044 0532 0130 00"], "DE89370400440532013000"),
        (DataClass.NATIONAL_ID, ["123-45-6789", "123 45 6789"], "123456789"),
        (DataClass.ACCOUNT_ID, [42, "42", " 42 ", "٤٢"], "42"),
        (
            DataClass.ACCOUNT_ID,
            ["{9B2E6C1E-9D3A-4B00-8234-56789ABCDEF0}"],
            "9b2e6c1e-9d3a-4b00-8234-56789abcdef0",
        ),
    ],
)
def test_one_spelling_for_each_identifier(
    kind: DataClass, spellings: list[Scalar], one: str
) -> None:
    assert {canonical(kind, spelling) for spelling in spellings} == {one}


@pytest.mark.parametrize(
    ("kind", "text", "number"),
    [
        (DataClass.PHONE, "15551234567", 15551234567),
        (DataClass.ACCOUNT_ID, "42", 42),
        (DataClass.ACCOUNT_ID, "ORD-2024-000123", 123),
        (DataClass.ACCOUNT_ID, "9b2e6c1e-9d3a-4b00-8234-56789abcdef0", None),
        (DataClass.ACCOUNT_ID, "5f2b6c1e9d3a4b0012345678", None),
        (DataClass.EMAIL, "alice42@example.com", None),
        (DataClass.USERNAME, "user0042", 42),
        (DataClass.ACCOUNT_ID, "9" * 40, None),
        (DataClass.ACCOUNT_ID, "", None),
    ],
)
def test_identifiers_as_numbers(kind: DataClass, text: str, number: int | None) -> None:
    assert shape_number(kind, text) == number


@given(
    st.text(max_size=20),
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=60)),
)
@settings(max_examples=100, deadline=None)
def test_no_value_raises(name: str, value: Scalar) -> None:
    kind = identifier_kind(name, value)
    if kind is not None:
        one = canonical(kind, value)
        assert canonical(kind, one) == one
        number = shape_number(kind, one)
        assert number is None or 0 <= number < 10**18


SPELLED = st.lists(
    st.sampled_from(
        [
            "+15550100123",
            "(555) 010-0123",
            "0015550100123",
            "tel:+15550100123",
            "ada@example.com",
            "chair",
            "000",
            "",
            " +15550100123",
            "12",
            "A-1",
        ]
    )
).map(",".join)


@given(st.sampled_from(["note", "id", "phone", "user", "sku", ""]), SPELLED | st.text(max_size=9))
@settings(max_examples=100, deadline=None)
def test_what_is_no_candidate_holds_no_identifier(name: str, value: str) -> None:
    parts = [value, *value.split(",")]
    found = any(identifier_kind(name, part) is not None for part in parts)
    assert may_identify(name, value) or not found


def test_plain_values_are_no_candidates() -> None:
    values: list[Scalar] = [
        "chair, folding",
        "totp",
        "2026-03-01T12:00:00Z",
        7,
        1.5,
        True,
        None,
        "",
    ]
    assert not any(may_identify("note", value) for value in values)


def test_the_table_of_names_stays_bounded() -> None:
    from nightlatch.exchange import identifiers

    for number in range(10_000):
        identifier_kind(f"field{number}x", "value")
    assert len(identifiers._rules) <= 4096
