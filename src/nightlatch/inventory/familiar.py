"""Does a value still look like what its place has held so far? A quick look, no proof."""

from collections.abc import Callable

from nightlatch.exchange.disclosure import DataClass
from nightlatch.exchange.shapes import Scalar, phone_digits


def _is_text(value: Scalar) -> bool:
    return type(value) is str


def _is_present(_value: Scalar) -> bool:
    return True


def _is_phone(value: Scalar) -> bool:
    if type(value) is str:
        return phone_digits(value) is not None
    return type(value) is int and 10**6 <= value < 10**15


def _is_email(value: Scalar) -> bool:
    return type(value) is str and "@" in value


def _is_ip(value: Scalar) -> bool:
    return type(value) is str and (value.count(".") == 3 or ":" in value)


KEEPS_SHAPE: dict[DataClass, Callable[[Scalar], bool]] = {
    **dict.fromkeys(DataClass, _is_text),
    DataClass.PHONE: _is_phone,
    DataClass.EMAIL: _is_email,
    DataClass.IP_ADDRESS: _is_ip,
    DataClass.BIRTH_DATE: _is_present,
    DataClass.GEOLOCATION: _is_present,
    DataClass.ACCOUNT_ID: _is_present,
    DataClass.NATIONAL_ID: _is_present,
    DataClass.PAYMENT_CARD: _is_present,
    DataClass.DEVICE_ID: _is_present,
}
