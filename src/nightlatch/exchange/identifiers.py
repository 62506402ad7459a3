"""Which named values identify a person or a record, and their one spelling for counting.

The ledger counts distinct subjects by these. It is cheap (a look-up by name, then one shape test)
and errs towards seeing an identifier where the name promises one.
"""

import re
from collections.abc import Callable, Sequence

from nightlatch.exchange.disclosure import DataClass
from nightlatch.exchange.names import name_hint, name_words, word_set
from nightlatch.exchange.shapes import (
    MAX_VALUE,
    Scalar,
    ascii_digits,
    is_code,
    is_email,
    is_hex,
    is_marked_phone,
    is_mask,
    is_moment,
    is_ulid,
    is_uuid,
    phone_digits,
)

_CACHE_SIZE = 4096
_MAX_NUMBER_DIGITS = 18


_RECORD_ENDINGS = word_set("""
    id ids uuid guid ulid objectid oid pk ref reference number numbers no code""")
"""Last words under which a value names a record."""
_NOT_RECORDS = word_set("""
    request req trace span correlation idempotency session csrf xsrf nonce client app application
    api type status category country currency language locale role plan template region build
    version schema page tab key event error message log job task batch tenant color colour size
    phone model serial line row column index port house flat floor room seat total max min count
    zip post postal area dial exit return response result access verification promo discount
    coupon auth otp sms mfa pin bar qr product sku item""")
"""Words before "id" or "number" that make it the name of something that is no one's record."""
_LOOSE_NAMES = word_set("""
    number contact to from recipient sender destination identifier identity login user lookup q
    query search username who target""")
"""Names of fields that take whatever the person is known by."""

_Rule = Callable[[str | int], DataClass | None]


def identifier_kind(name: str, value: Scalar) -> DataClass | None:
    """What kind of identifier `value` is under `name` (of a field, parameter or list), or None.

    0.2-0.5 µs for a name seen before. Values are judged by their spelling alone.
    """
    rule = _rules.get(name)
    if rule is None:
        rule = _learn(name)
    if type(value) is str:
        return rule(value) if 2 < len(value) <= MAX_VALUE or value.isdecimal() else None
    return rule(value) if type(value) is int and value >= 0 else None


def may_identify(name: str, value: Scalar) -> bool:
    """False where `identifier_kind` is sure to say None, also of the parts between commas. 0.1 µs
    for most fields of most bodies."""
    rule = _rules.get(name) or _learn(name)
    if rule is not _anything:
        return True
    return type(value) is str and (
        "@" in value
        or value.startswith(_PHONE_STARTS)
        or ("," in value and _LISTED_PHONE.search(value) is not None)
    )


def any_may_identify(texts: Sequence[str]) -> bool:
    """False where `may_identify` is sure to say no of each of these under an unpromising name."""
    lines = "\n".join(("", *texts))
    # Not by a pattern, which would look at every character: 8 µs for 600 of them, this takes 1.
    return "@" in lines or any(
        start in lines and (f"\n{start}" in lines or f",{start}" in lines)
        for start in _PHONE_STARTS
    )


def canonical(kind: DataClass, value: Scalar) -> str:
    """The one spelling of an identifier, so that `+1 (555) 123-4567` and `15551234567` are equal.

    A national number without its country code stays what it is: nothing here knows the country.
    """
    text = str(value).strip()
    if kind is DataClass.PHONE:
        return phone_digits(text) or _compact(text)
    if kind in _LOWER_CASE:
        return text.lower()
    if kind in _COMPACT:
        return _compact(text).upper()
    if is_uuid(text):
        return text.lower().removeprefix("urn:uuid:").strip("{}")
    return text.lower() if is_hex(text) else ascii_digits(text)


def shape_number(kind: DataClass, canonical: str) -> int | None:
    """The identifier as a number for tests of order and neighbourhood, None where it is none.

    All digits count as they stand; otherwise the digits at its end (`ORD-2024-000123` is 123).
    UUIDs, hashes, e-mail addresses and account numbers with check digits in front are none.
    """
    if canonical.isdecimal():
        return int(canonical) if len(canonical) <= _MAX_NUMBER_DIGITS else None
    if kind in _UNORDERED or is_uuid(canonical) or is_ulid(canonical):
        return None
    if len(canonical) >= 16 and is_hex(canonical):
        return None
    ending = _LAST_DIGITS.search(canonical)
    return int(ending.group()) if ending else None


_PHONE_STARTS = ("+", "(", "00", "tel:")
_LISTED_PHONE = re.compile(r",(?:[+(]|00|tel:)")
_LAST_DIGITS = re.compile(rf"[0-9]{{1,{_MAX_NUMBER_DIGITS}}}\Z")
_BLANKS = re.compile(r"[\s.\-/]+")
_LOWER_CASE = frozenset({DataClass.EMAIL, DataClass.USERNAME})
_COMPACT = frozenset(
    {
        DataClass.IBAN,
        DataClass.NATIONAL_ID,
        DataClass.PASSPORT,
        DataClass.PAYMENT_CARD,
        DataClass.DEVICE_ID,
    }
)
_UNORDERED = frozenset({DataClass.EMAIL, DataClass.IBAN})


def _compact(text: str) -> str:
    return _BLANKS.sub("", ascii_digits(text))


def _phone(value: str | int) -> DataClass | None:
    if type(value) is int:
        return DataClass.PHONE if 10**6 <= value < 10**15 else None
    return DataClass.PHONE if phone_digits(str(value)) is not None else None


def _email(value: str | int) -> DataClass | None:
    return DataClass.EMAIL if type(value) is str and is_email(value.strip()) else None


def _username(value: str | int) -> DataClass | None:
    if type(value) is not str:
        return _loose(value) or DataClass.ACCOUNT_ID
    return _loose(value) or (None if is_mask(value) else DataClass.USERNAME)


def _loose(value: str | int) -> DataClass | None:
    """A field that takes what the person is known by: e-mail address or phone, by the spelling."""
    text = str(value)
    if "@" in text:
        return _email(text)
    if not text[-1:].isdecimal():
        return None
    digits = phone_digits(text)
    if digits is None:
        return None
    bare = text.isdecimal()
    if bare and (len(digits) < 10 or is_moment(digits)):
        return None
    return DataClass.PHONE


def _account(value: str | int) -> DataClass | None:
    """Identifiers have a digit or are long: `id: "active"` is an enumeration's word."""
    text = str(value)
    if type(value) is int or len(text) >= 20:
        return None if is_mask(text) else DataClass.ACCOUNT_ID
    if "@" in text:
        return _email(text)
    if is_marked_phone(text):
        return DataClass.PHONE
    numbered = text.isdecimal() or is_code(text) or any(char.isdecimal() for char in text)
    return DataClass.ACCOUNT_ID if numbered and " " not in text else None


def _anything(value: str | int) -> DataClass | None:
    """A name that promises nothing: only spellings that can hardly be anything else."""
    if type(value) is int:
        return None
    text = str(value)
    if "@" in text:
        return _email(text)
    if text.startswith(_PHONE_STARTS):
        return DataClass.PHONE if is_marked_phone(text) else None
    return None


def _numbered(kind: DataClass, shortest: int) -> _Rule:
    """A document or device number: letters and digits, `shortest` or more, a digit among them."""

    def rule(value: str | int) -> DataClass | None:
        text = _BLANKS.sub("", str(value))
        if len(text) < shortest or not any(char.isdecimal() for char in text):
            return None
        return kind if text.replace(":", "").replace("_", "").isalnum() else None

    return rule


_RULES: dict[DataClass, _Rule] = {
    DataClass.PHONE: _phone,
    DataClass.EMAIL: _email,
    DataClass.USERNAME: _username,
    DataClass.ACCOUNT_ID: _account,
    DataClass.IBAN: _numbered(DataClass.IBAN, 15),
    DataClass.NATIONAL_ID: _numbered(DataClass.NATIONAL_ID, 6),
    DataClass.PASSPORT: _numbered(DataClass.PASSPORT, 6),
    DataClass.PAYMENT_CARD: _numbered(DataClass.PAYMENT_CARD, 12),
    DataClass.DEVICE_ID: _numbered(DataClass.DEVICE_ID, 8),
}
_rules: dict[str, _Rule] = {}
unpromising: set[str] = set()
"""Of the names met so far those that promise nothing: under them only a text identifies anybody,
and only one that can hardly be anything else."""


def _learn(name: str) -> _Rule:
    # Names come from outside: a full table starts afresh.
    if len(_rules) >= _CACHE_SIZE:
        _rules.clear()
        unpromising.clear()
    rule = _rules[name] = _rule_for(name)
    if rule is _anything:
        unpromising.add(name)
    return rule


def _rule_for(name: str) -> _Rule:
    hint = name_hint(name)
    if hint is not None:
        return _RULES.get(hint, _anything)
    words = name_words(name)
    if words and all(word.removesuffix("s") in _LOOSE_NAMES for word in words):
        return _loose
    return _account if _names_record(words) else _anything


def _names_record(words: tuple[str, ...]) -> bool:
    if not words or words[-1] not in _RECORD_ENDINGS:
        return False
    return _NOT_RECORDS.isdisjoint(words[:-1]) and (len(words) > 1 or words[-1] not in _NOT_ALONE)


_NOT_ALONE = frozenset({"no", "code"})
"""Record endings that say nothing without the word before them."""
