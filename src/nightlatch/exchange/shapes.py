"""What a value looks like, by its spelling alone: cheap tests, no tables of countries or issuers.

Every function takes hostile text and answers; none raises. Values are at most MAX_VALUE long:
nothing longer identifies anybody.
"""

import re
import unicodedata

Scalar = str | int | float | bool | None

MAX_VALUE = 254
"""An e-mail address is no longer than this (RFC 5321, 4.5.3.1.3)."""

_PUNCTUATION = str.maketrans("", "", " -().\u00a0\u2010\u2011\u2012\u2013\u202f/\t")
_EMAIL = re.compile(
    r"[^\s@,;:<>\"()\[\]\\/]{1,64}@[\w.-]{1,180}\.(?:[^\W\d_]{2,24}|xn--[a-z0-9-]{2,30})"
)
_ASSETS = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".avif", ".ico", ".css", ".js", ".pdf")
_NOT_PHONE = re.compile(
    r"\d{4}[-./]\d{1,2}[-./]\d{1,2}"  # a date, year first
    r"|\d{1,2}[-./]\d{1,2}[-./]\d{4}"  # a date, year last
    r"|\d{3}-\d{2}-\d{4}"  # a social security number
    r"|\d{1,3}(?:\.\d{1,3}){3}"  # an IPv4 address
    r"|-?\d+\.\d*"  # a decimal number
    r"|\d{4}-\d{4}"  # a span of years
    r"|\d{4}([ -])\d{4}\1\d{4}(?:\1\d{4})?"  # groups of four, as on cards
    r"|-.*"
)
_UUID = re.compile(
    r"(?:urn:uuid:)?\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?", re.IGNORECASE
)
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", re.IGNORECASE)
_MASK = re.compile(r"[*•]{3,}|[\[<(](?:redacted|filtered|masked|hidden)[\])>]", re.IGNORECASE)
_DIGIT = re.compile(r"[0-9]")
_LETTER = re.compile(r"[A-Za-z]")


def ascii_digits(text: str) -> str:
    """`text` with the decimal digits of every script as 0-9, so that "٤" counts as "4"."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(char, char)) for char in text)


def phone_digits(text: str) -> str | None:
    """The digits of a text that is spelled like a phone number, without `+` or `00`; else None.

    Takes `+1 (555) 123-4567`, `%2B…` once decoded, `0049 30 1234567`, `tel:+1-555-123-4567` and
    bare digits: 7 to 15 of them (E.164, 6.2). Whether the number exists is not asked.
    """
    if len(text) > 40:
        return None
    digits = text.removeprefix("+")
    if not digits.isdecimal():
        digits = _without_punctuation(text.strip())
        if not digits.isdecimal():
            return None
    if not digits.isascii():
        digits = ascii_digits(digits)
    digits = digits.removeprefix("00")
    return digits if 7 <= len(digits) <= 15 else None


def _without_punctuation(number: str) -> str:
    """The digits of a number as people write it; empty for what only resembles one."""
    if number[:4].lower() == "tel:":
        number = number[4:]
    if number[:1] == "+":
        # +44 (0)20 …: the trunk zero is written for callers at home and is not dialled abroad.
        return number[1:].replace("(0)", "").translate(_PUNCTUATION)
    return "" if _NOT_PHONE.fullmatch(number) else number.translate(_PUNCTUATION)


def is_marked_phone(text: str) -> bool:
    """Spelled so that it can hardly be anything else: with `+`, `00` or phone punctuation."""
    if phone_digits(text) is None:
        return False
    text = text.strip()
    if text[0] in "+(tT":
        return True
    if text.startswith("00"):
        return len(text) >= 11
    return len(_DIGIT.findall(text)) >= 9 and not text.isdecimal() and "/" not in text


def is_moment(digits: str) -> bool:
    """Ten or thirteen digits that are a Unix time between 2001 and 2033, in seconds or ms.

    No phone number collides: +1 numbers have eleven digits, and no area code begins with 1.
    """
    return len(digits) in (10, 13) and "1000000000" <= digits[:10] < "2000000000"


def is_email(text: str) -> bool:
    """An addr-spec as people write it (RFC 5322, 3.4.1), not `icon@2x.png` or `lodash@4.17.21`."""
    return (
        "@" in text
        and len(text) <= MAX_VALUE
        and _EMAIL.fullmatch(text) is not None
        and not text[-5:].lower().endswith(_ASSETS)
    )


def is_uuid(text: str) -> bool:
    return 36 <= len(text) <= 47 and _UUID.fullmatch(text) is not None


def is_hex(text: str) -> bool:
    """Hexadecimal digits of one case, at least one digit and one letter among them."""
    return (
        _HEX.fullmatch(text) is not None
        and not text.isdecimal()
        and _DIGIT.search(text) is not None
    )


def is_object_id(text: str) -> bool:
    """A MongoDB ObjectId: 12 bytes in hexadecimal."""
    return len(text) == 24 and is_hex(text)


def is_ulid(text: str) -> bool:
    return len(text) == 26 and _ULID.fullmatch(text) is not None and not text.isdecimal()


def is_code(text: str) -> bool:
    """A made-up identifier such as `ORD-2024-000123` or `cus_9s6XKzkNRiz8i3`: at least eight
    characters, letters and three digits among them, and no blanks. `sha256` and `v1beta1` are
    words."""
    return (
        8 <= len(text) <= MAX_VALUE
        and not any(char.isspace() for char in text)
        and len(_DIGIT.findall(text)) >= 3
        and _LETTER.search(text) is not None
    )


def is_mask(text: str) -> bool:
    """`********`, `[REDACTED]`: somebody has put it there in place of a value, of every value."""
    return not text[:1].isalnum() and _MASK.fullmatch(text) is not None
