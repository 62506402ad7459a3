import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nightlatch.exchange.disclosure import DataClass
from nightlatch.inventory.samples import masked


@pytest.mark.parametrize(
    ("data_class", "value", "sample"),
    [
        (DataClass.PHONE, "+15551234567", "+1•••••••67"),
        (DataClass.PHONE, 15551234567, "1•••••••67"),
        (DataClass.EMAIL, "alice@example.com", "a•••@e•••.com"),
        (DataClass.NAME, "Alice Smith", "A••• S•••"),
        (DataClass.PAYMENT_CARD, "4111111111111111", "•••• 1111"),
        (DataClass.IP_ADDRESS, "203.0.113.9", "203.•••"),
        (DataClass.IP_ADDRESS, "2001:db8::1", "2001:•••"),
        (DataClass.BIRTH_DATE, "1984-03-05", "19••-••-••"),
        (DataClass.GEOLOCATION, 52.520008, "52.•••"),
        (DataClass.ACCOUNT_ID, 7, "•••••••"),
        (DataClass.PASSWORD_HASH, "5f4dcc3b5aa765d61d8327deb882cf99", "•••••••"),
        (DataClass.TOTP_SEED, "JBSWY3DPEHPK3PXP", "•••••••"),
        (DataClass.PASSWORD_HASH, "$2b$12$abcdefghijklmnopqrstuv", "$2b$•••••••"),
        (DataClass.CLOUD_KEY, "AKIAABCDEFGHIJKLMNOP", "AKIA•••••••"),
        (DataClass.JWT, "eyJhbGciOiJIUzI1NiJ9.e30.x", "eyJ•••••••"),
    ],
)
def test_enough_to_recognise_the_kind(data_class: DataClass, value: str | int, sample: str) -> None:
    assert masked(data_class, value) == sample


@given(st.sampled_from(DataClass), st.text(min_size=1, max_size=600))
@settings(max_examples=100, deadline=None)
@example(DataClass.POSTAL_ADDRESS, "::::\U00010179")
@example(DataClass.POSTAL_ADDRESS, ".....")
def test_no_value_raises_or_is_shown(data_class: DataClass, value: str) -> None:
    sample = masked(data_class, value)
    assert len(sample) <= 40
    if len(value.strip()) > 4:
        assert value.strip() not in sample
