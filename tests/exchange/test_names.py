import pytest

from nightlatch.exchange.disclosure import DataClass
from nightlatch.exchange.names import name_endings, name_hint, name_words

HINTS = {
    "phone": DataClass.PHONE,
    "phones": DataClass.PHONE,
    "phoneNumber": DataClass.PHONE,
    "homePhoneNumber": DataClass.PHONE,
    "work-phone": DataClass.PHONE,
    "PHONE_NUMBER": DataClass.PHONE,
    "path.phone": DataClass.PHONE,
    "mobile2": DataClass.PHONE,
    "customer_email": DataClass.EMAIL,
    "eMail": DataClass.EMAIL,
    "emailAddresses": DataClass.EMAIL,
    "emailVerified": None,
    "phone_type": None,
    "name": None,
    "firstName": DataClass.NAME,
    "shipping_address": DataClass.POSTAL_ADDRESS,
    "ip_address": DataClass.IP_ADDRESS,
    "macAddress": DataClass.DEVICE_ID,
    "walletAddress": None,
    "addressLine2": DataClass.POSTAL_ADDRESS,
    "dateOfBirth": DataClass.BIRTH_DATE,
    "userID": DataClass.ACCOUNT_ID,
    "client_id": None,
    "2fa_secret": DataClass.TOTP_SEED,
    "hashed_password": DataClass.PASSWORD_HASH,
    "": None,
    "!!!": None,
    "x" * 100_000: None,
}


@pytest.mark.parametrize(("name", "hint"), HINTS.items(), ids=lambda value: str(value)[:30])
def test_a_name_promises(name: str, hint: DataClass | None) -> None:
    assert name_hint(name) is hint
    assert name_hint(name) is hint  # from the cache


def test_every_name_was_tried() -> None:
    assert len(HINTS) == 28


def test_words_of_every_spelling() -> None:
    assert name_words("HTTPServerURL2") == ("http", "server", "url")
    assert name_words("Straße") == ("stra", "ß", "e")
    assert list(name_endings("user_phones")) == ["userphones", "userphone", "phones", "phone"]


def test_the_caches_stay_bounded() -> None:
    from nightlatch.exchange import names

    for number in range(10_000):
        name_hint(f"field{number}x")
    assert len(names._hints) <= 4096
    assert len(names._words) <= 4096
