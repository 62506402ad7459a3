"""The close look at one value: which class of data it is, and how sure that is.

The name of its field leads; the value must agree. Values without a telling name count only when
their own spelling is proof. Slow parts are in `issuers`.
"""

import ipaddress
import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from nightlatch.exchange.disclosure import DataClass
from nightlatch.exchange.identifiers import identifier_kind
from nightlatch.exchange.names import name_hint, name_words, word_set
from nightlatch.exchange.shapes import (
    Scalar,
    is_code,
    is_email,
    is_hex,
    is_moment,
    is_uuid,
    phone_digits,
)
from nightlatch.inventory.issuers import (
    card_confidence,
    iban_confidence,
    imei_confidence,
    national_id_confidence,
    phone_confidence,
    unnamed_national_id_confidence,
)

MAX_EXAMINED = 512
"""Characters; longer texts are left to the pass over the body."""


class Judgement(NamedTuple):
    data_class: DataClass
    confidence: float


_NAME = re.compile(r"[^\W\d_][^\d_/\\@:;<>{}\[\]|=+*#$%^~\"]{1,79}")
_CAPITALISED = re.compile(r"[^\W\d_a-z][\w.'\u2019-]*(?: [^\W\d_][\w.'\u2019-]*){1,3}")
_ISO_DATE = re.compile(r"((?:19|20)\d\d)[-/.]?(\d\d)[-/.]?(\d\d)(?:[T ].{0,30})?")
_LOCAL_DATE = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.]((?:19|20)\d\d)")
_POINT = re.compile(r"\s*-?\d{1,3}\.\d{3,}\s*[,; ]\s*-?\d{1,3}\.\d{3,}\s*")
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")
_PASSPORT = re.compile(r"[A-Z0-9<]{6,12}", re.IGNORECASE)
_POSTCODE = re.compile(r"[A-Z0-9][A-Z0-9 -]{2,10}", re.IGNORECASE)
_BASE32 = re.compile(r"(?:[A-Z2-7]{16,128}|(?:[A-Z2-7]{4} ){3,31}[A-Z2-7]{4})={0,6}")
_LOWER_BASE32 = re.compile(r"[a-z2-7]{16,128}")
_HEX_DIGESTS = frozenset({32, 40, 48, 56, 64, 96, 128})

_PEOPLE = word_set("""
    user users customer customers person persons people patient patients member members contact
    contacts employee employees student students owner guest guests passenger passengers subscriber
    subscribers recipient sender author profile account holder cardholder friend friends client
    tenant driver applicant candidate beneficiary insured""")
_PLACE_NAMES = word_set("zip zipcode postcode postalcode plz")
_SEEDS = word_set("secret seed secretkey sharedsecret manualentrykey setupkey")
_NUMBERED_THINGS = word_set("""
    order invoice tracking transaction reference ref sku id ids time timestamp ts date at price
    amount total count version ean upc isbn gtin barcode serial size quantity balance code build
    index offset page limit hash token key status year revision epoch expires created updated
    ticket item product article document record batch parcel shipment booking payment value score
    bytes length duration weight checksum etag number no num seq sequence cursor""")
_VERSIONS = word_set("version versions build release firmware oid revision ver")


def examine(name: str, path: str, value: Scalar) -> Judgement | None:
    """Judge one value under its field's name at its path; None when it is nothing of note."""
    if value is None or isinstance(value, bool):
        return None
    text = str(value).strip()
    if not text or len(text) > MAX_EXAMINED:
        return None
    hint = name_hint(name)
    if hint is not None:
        confidence = _TESTS[hint](name, text) if hint in _TESTS else 0.0
        if confidence > 0.0:
            return Judgement(_narrowed(hint, text), confidence)
    if not isinstance(value, str):
        return _unnamed_number(name, value)
    return _unnamed(name, path, text)


def is_confirmed(data_class: DataClass, found: re.Match[str]) -> bool:
    """Is a piece of a longer text, found by a pattern of this class, really one?"""
    text = found.group()
    match data_class:
        case DataClass.EMAIL:
            return is_email(text) and not _is_of_url(found)
        case DataClass.PHONE:
            return phone_confidence(text, named=False) >= 0.9
        case DataClass.IBAN:
            return iban_confidence(text) > 0.0
        case DataClass.PAYMENT_CARD:
            return card_confidence(text, named=False) > 0.0
    return True


def _is_of_url(found: re.Match[str]) -> bool:
    """The user of a URL (`https://user:word@host/`) or of an SSH remote (`git@host:path`)."""
    before = found.string[max(0, found.start() - 100) : found.start()].split()
    after = found.string[found.end() : found.end() + 2].strip()
    return (bool(before) and "://" in before[-1]) or (len(after) == 2 and after[0] == ":")


def _narrowed(hint: DataClass, text: str) -> DataClass:
    """User names are often an e-mail address or a phone number; `pan` is a card or a tax id."""
    if hint is DataClass.USERNAME:
        return identifier_kind("login", text) or hint
    if hint is DataClass.PAYMENT_CARD and not text[:1].isdecimal():
        return DataClass.NATIONAL_ID
    return hint


def _unnamed_number(name: str, value: Scalar) -> Judgement | None:
    if identifier_kind(name, value) is not DataClass.PHONE:
        return None
    return _judged(DataClass.PHONE, _assigned_phone(str(value)))


def _unnamed(name: str, path: str, text: str) -> Judgement | None:
    """Without a telling name: proof by spelling, most telling first."""
    if "@" in text:
        return Judgement(DataClass.EMAIL, 0.95) if is_email(text) else None
    words = name_words(name)
    if any(char.isdecimal() for char in text):
        return _unnamed_numbered(name, words, text)
    if words[-1:] == ("name",) and _is_persons(words, path) and _CAPITALISED.fullmatch(text):
        return Judgement(DataClass.NAME, 0.6)
    if "::" in text:
        return _judged(DataClass.IP_ADDRESS, _ip("", text))
    return None


def _unnamed_numbered(name: str, words: tuple[str, ...], text: str) -> Judgement | None:
    if "".join(words) in _SEEDS and _BASE32.fullmatch(text):
        return Judgement(DataClass.TOTP_SEED, 0.7)
    if is_uuid(text):
        return None
    if (confidence := iban_confidence(text)) or (confidence := _bare_card(words, text)):
        return Judgement(
            DataClass.IBAN if text[:1].isalpha() else DataClass.PAYMENT_CARD, confidence
        )
    if confidence := unnamed_national_id_confidence(text):
        return Judgement(DataClass.NATIONAL_ID, confidence)
    if _MAC.fullmatch(text):
        return Judgement(DataClass.DEVICE_ID, 0.8)
    if ("." in text or ":" in text) and _VERSIONS.isdisjoint(words) and _ip(name, text):
        return Judgement(DataClass.IP_ADDRESS, 0.7)
    return _judged(DataClass.PHONE, _bare_phone(name, words, text))


def _bare_card(words: tuple[str, ...], text: str) -> float:
    """Sixteen bare digits pass Luhn one time in ten: numbers of things do not count."""
    if text.isdecimal() and not _NUMBERED_THINGS.isdisjoint(words):
        return 0.0
    return card_confidence(text, named=False)


def _bare_phone(name: str, words: tuple[str, ...], text: str) -> float:
    if text[0] in "+(" or text[:2] == "00":
        return phone_confidence(text, named=False)
    if identifier_kind(name, text) is DataClass.PHONE:
        return _assigned_phone(text)
    digits = phone_digits(text)
    if digits is None or not 11 <= len(digits) <= 13 or is_moment(digits):
        return 0.0
    return phone_confidence(text, named=False) if _NUMBERED_THINGS.isdisjoint(words) else 0.0


def _assigned_phone(text: str) -> float:
    """Under a name that may as well be an invoice's (`number`), only numbers that exist count."""
    confidence = phone_confidence(text, named=True)
    return confidence if confidence >= 0.9 else 0.0


def _is_persons(words: tuple[str, ...], path: str) -> bool:
    """`name` is somebody's where the object around it, or the word before it, is a person."""
    around = name_words(path.rpartition(".")[0].rpartition(".")[2])
    return not _PEOPLE.isdisjoint((*words[:-1], *around[-1:]))


def _judged(data_class: DataClass, confidence: float) -> Judgement | None:
    return Judgement(data_class, confidence) if confidence > 0.0 else None


def _phone(_name: str, text: str) -> float:
    return 0.0 if is_moment(text) else phone_confidence(text, named=True)


def _email(_name: str, text: str) -> float:
    return 0.99 if is_email(text) else 0.0


def _username(_name: str, text: str) -> float:
    return 0.6 if 2 <= len(text) <= 64 and " " not in text and "://" not in text else 0.0


def _person(_name: str, text: str) -> float:
    return 0.85 if _NAME.fullmatch(text) and len(text.split()) <= 6 else 0.0


def _address(name: str, text: str) -> float:
    if any(mark in text for mark in ("://", "@", "0x")) or not 3 <= len(text) <= 300:
        return 0.0
    digit = any(char.isdecimal() for char in text)
    if "".join(name_words(name)[-2:]) in _PLACE_NAMES or name_words(name)[-1:] == ("zip",):
        return 0.6 if digit and _POSTCODE.fullmatch(text) else 0.0
    if not any(char.isalpha() for char in text) or " " not in text or _ip(name, text):
        return 0.0
    return 0.85 if digit else 0.5


def _birth_date(_name: str, text: str) -> float:
    if match := _ISO_DATE.fullmatch(text):
        return 0.95 if _is_date(*map(int, match.groups())) else 0.0
    if match := _LOCAL_DATE.fullmatch(text):
        first, second, year = map(int, match.groups())
        return 0.95 if _is_date(year, first, second) or _is_date(year, second, first) else 0.0
    return 0.0


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _card(name: str, text: str) -> float:
    confidence = card_confidence(text, named=True)
    return confidence or (national_id_confidence(name, text) if text[:1].isalpha() else 0.0)


def _iban(_name: str, text: str) -> float:
    return iban_confidence(text)


def _passport(_name: str, text: str) -> float:
    digits = sum(map(str.isdecimal, text))
    return 0.8 if digits >= 3 and _PASSPORT.fullmatch(text) else 0.0


def _geolocation(_name: str, text: str) -> float:
    if _POINT.fullmatch(text):
        return 0.9
    whole, _, fraction = text.partition(".")
    if len(fraction) < 3 or not fraction.isdecimal() or not whole.lstrip("-").isdecimal():
        return 0.0
    return 0.8 if abs(float(text)) <= 180.0 else 0.0


def _ip(_name: str, text: str) -> float:
    if len(text) > 45:
        return 0.0
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return 0.0
    return 0.95


def _device(_name: str, text: str) -> float:
    if _MAC.fullmatch(text):
        return 0.95
    if len(text) == 15 and text.isdecimal():
        return imei_confidence(text) or 0.5
    return 0.7 if is_uuid(text) or is_code(text) or (len(text) >= 16 and is_hex(text)) else 0.0


def _account(name: str, text: str) -> float:
    if identifier_kind(name, text) is None:
        return 0.0
    return 0.5 if text.isdecimal() and len(text) < 6 else 0.6


def _password_hash(_name: str, text: str) -> float:
    return 0.8 if len(text) in _HEX_DIGESTS and is_hex(text) else 0.0


def _totp_seed(_name: str, text: str) -> float:
    if _BASE32.fullmatch(text):
        return 0.95
    return 0.7 if _LOWER_BASE32.fullmatch(text) and any(c.isdecimal() for c in text) else 0.0


_TESTS: dict[DataClass, Callable[[str, str], float]] = {
    DataClass.PHONE: _phone,
    DataClass.EMAIL: _email,
    DataClass.USERNAME: _username,
    DataClass.NAME: _person,
    DataClass.POSTAL_ADDRESS: _address,
    DataClass.BIRTH_DATE: _birth_date,
    DataClass.PAYMENT_CARD: _card,
    DataClass.IBAN: _iban,
    DataClass.NATIONAL_ID: national_id_confidence,
    DataClass.PASSPORT: _passport,
    DataClass.GEOLOCATION: _geolocation,
    DataClass.IP_ADDRESS: _ip,
    DataClass.DEVICE_ID: _device,
    DataClass.ACCOUNT_ID: _account,
    DataClass.PASSWORD_HASH: _password_hash,
    DataClass.TOTP_SEED: _totp_seed,
}
