import pytest

from nightlatch.inventory import issuers


@pytest.mark.parametrize(
    ("text", "named", "least", "most"),
    [
        ("+442079460958", False, 0.9, 1.0),
        ("442079460958", True, 0.9, 1.0),
        ("442079460958", False, 0.1, 0.45),
        ("+15551234567", True, 0.7, 0.9),
        ("(555) 123-4567", True, 0.7, 0.9),
        ("555-1234", True, 0.5, 0.7),
        ("555-1234", False, 0.0, 0.0),
        ("+999123456789", False, 0.0, 0.0),
        ("0000000000", True, 0.0, 0.0),
        ("", True, 0.0, 0.0),
    ],
)
def test_phones(text: str, named: bool, least: float, most: float) -> None:
    assert least <= issuers.phone_confidence(text, named=named) <= most


@pytest.mark.parametrize(
    ("number", "sound"),
    [
        ("4111111111111111", True),
        ("5555555555554444", True),
        ("2223003122003222", True),
        ("378282246310005", True),
        ("30569309025904", True),
        ("6011111111111117", True),
        ("3530111333300000", True),
        ("6200000000000005", True),
        ("4111111111111112", False),
        ("1234567890123452", False),
        ("9999999999999995", False),
        ("4111 1111 1111-1111", False),
        ("", False),
    ],
)
def test_cards(number: str, sound: bool) -> None:
    assert (issuers.card_confidence(number, named=True) > 0.9) is sound


def test_iban_and_imei() -> None:
    assert issuers.iban_confidence("NO93 8601 1117 947") > 0.9
    assert issuers.iban_confidence("NO93 8601 1117 948") == 0.0
    assert issuers.imei_confidence("490154203237518") > 0.9
    assert issuers.imei_confidence("490154203237519") == 0.0


def test_the_name_decides_the_country() -> None:
    assert issuers.national_id_confidence("pesel", "44051401359") > 0.9
    assert issuers.national_id_confidence("bsn", "44051401359") < 0.9
    assert issuers.national_id_confidence("national_id", "44051401359") > 0.9
    assert issuers.national_id_confidence("national_id", "abc") == 0.0


def test_every_country_named_can_be_loaded() -> None:
    for module in issuers._GENERIC:
        assert issuers._is_valid(module, "x") is False
