"""How single values are masked: by the meaning of their name, else by their shape."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.masking import (
    MASK,
    mask_addresses,
    mask_digits,
    mask_identifier,
    mask_numbers,
    mask_secret_shapes,
)
from nightlatch.exchange.meaning import Meaning, Vocabulary
from nightlatch.exchange.places import (
    Mask,
    MaskNumber,
    Name,
    Places,
    Sighting,
    erase,
    walk,
)
from nightlatch.exchange.signs import ADDRESS, NUMBER, SECRET, TO_MASK, signs_in
from nightlatch.exchange.unparsed import redact_unparsed

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode

_TAGGED_FROM = 16
"""Characters. A shorter secret could be guessed from its tag by whoever has the key."""
_SMALL = 100_000_000
"""Numbers below have too few digits for a telephone, card or account number."""
_SMALL_RECORD = 1_000_000
"""Numbers of records below name nobody outside the application."""
_KNOWN_NAMES = 4096
_LONGEST_KNOWN_NAME = 128
_STRUCTURE = re.compile(r'[=<]|:[ ]|":')
_RANDOM = re.compile(r"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[\w.~+/=-]{16,}|\d{4,8}", re.ASCII)


class _Names(dict[str, Name]):
    """Names and their treatment, worked out at first sight. When full, it starts over."""

    def __init__(self, judge: Callable[[str], Name]) -> None:
        super().__init__()
        self._judge = judge

    def __missing__(self, text: str) -> Name:
        name = self._judge(text)
        if len(text) <= _LONGEST_KNOWN_NAME:
            if len(self) >= _KNOWN_NAMES:
                self.clear()
            self[text] = name
        return name


class ValueMasks:
    """Masks values; names in `extra_names` mean a secret, in any spelling."""

    def __init__(self, hasher: Hasher, extra_names: Iterable[str]) -> None:
        self._hasher = hasher
        self._vocabulary = Vocabulary(extra_names)
        self._names = _Names(self._judge)
        self._elsewhere = Places()
        """Of JSON that is not a known kind of message, such as that in strings."""
        self._masks: dict[Meaning, Mask] = {
            Meaning.PASSWORD: erase,
            Meaning.SECRET: self.hide,
            Meaning.DOUBTFUL: self._hide_random,
            Meaning.PHONE: mask_digits,
            Meaning.IDENTIFIER: _mask_record,
        }

    def name(self, text: str) -> Name:
        return self._names[text]

    def named(self, name: str, value: str) -> str:
        """A text value under a name."""
        mask = self._names[name].mask
        return self.by_shape(value) if mask is None else mask(value)

    def by_shape(self, text: str) -> str:
        """A text value whose name says nothing, or that has none."""
        signs = signs_in(text.encode("utf-8", "surrogatepass")) & TO_MASK
        if not signs:
            return text
        if signs & SECRET:
            text = mask_secret_shapes(text, self.hide)
        return self._without_secret_shapes(text)

    def for_parts_of(self, signs: int) -> Mask | None:
        """The least that every part of a text with these signs has to go through, if anything."""
        signs &= TO_MASK
        if signs & SECRET:
            return self.by_shape
        if signs & ~NUMBER:
            return self._without_secret_shapes if signs & NUMBER else self._without_long_numbers
        return mask_numbers if signs else None

    def json(
        self, value: Any, signs: int, places: Places | None = None
    ) -> tuple[str, Sequence[Sighting]]:
        """`value`, which was read from a text with these signs, masked and encoded again; and what
        was seen in it that may be of interest to whoever keeps its `places`."""
        plain = self.for_parts_of(signs)
        # Of a body with addresses nearly every text has none: to ask each costs more than the walk.
        mark = "@" if signs & TO_MASK == ADDRESS else ""
        masked, sightings = walk(value, places or self._elsewhere, self._names, plain, mark)
        return _encode(masked).decode(), sightings

    def text(self, text: str) -> str:
        """Text that was not taken apart: secrets by name first, then by shape."""
        text = mask_secret_shapes(text, self.hide)
        text = redact_unparsed(text, self._means_secret)
        return mask_numbers(mask_addresses(text) if "@" in text else text)

    def hide(self, secret: str) -> str:
        """Length and, of long ones, a keyed tag: the same token can be followed, not read."""
        if len(secret) < _TAGGED_FROM:
            return f"{MASK}({len(secret)})"
        return f"{MASK}({len(secret)})#{self._hasher.hex('redacted', secret)[:4]}"

    def _judge(self, text: str) -> Name:
        meaning = self._vocabulary.meaning(text)
        return Name(
            self.by_shape(text),
            self._masks.get(meaning),
            _NUMBER_MASKS.get(meaning, _mask_long),
            _SMALL_NUMBERS.get(meaning, _SMALL),
            meaning in (Meaning.PASSWORD, Meaning.SECRET),
        )

    def _means_secret(self, name: str) -> bool:
        return self._names[name].secret

    def _hide_random(self, value: str) -> str:
        return self.hide(value) if _RANDOM.fullmatch(value) else self.by_shape(value)

    def _without_secret_shapes(self, text: str) -> str:
        return mask_numbers(self._without_long_numbers(text))

    def _without_long_numbers(self, text: str) -> str:
        """For text that holds no secret shapes and no long numbers either."""
        if (":" in text or "=" in text or "<" in text) and _STRUCTURE.search(text):
            text = self._structured(text)
        return mask_addresses(text) if "@" in text else text

    def _structured(self, text: str) -> str:
        """Text that may have secrets by name in it: JSON in a string, a URL, a log line."""
        if text[:1] in ("{", "["):
            try:
                return self.json(_decode(text), signs_in(text.encode()))[0]
            except (msgspec.DecodeError, UnicodeError, RecursionError):
                pass
        return redact_unparsed(text, self._means_secret)


def _mask_record(text: str) -> str:
    """The name of a person or record; short numbers name nobody outside the application."""
    if text.isdecimal() and len(text) < 7:
        return text
    return mask_addresses(text) if "@" in text else mask_identifier(text)


def _mask_phone_number(number: float) -> str:
    return mask_digits(str(number))


def _mask_long(number: float) -> float | str:
    """Nine digits or more may be a telephone, card or account number."""
    if -_SMALL < number < _SMALL or not float(number).is_integer():
        return number
    return mask_digits(str(int(number)))


def _mask_card(number: float) -> float | str:
    """Under the name of a time or an amount only a card number is masked."""
    if -_SMALL < number < _SMALL or not float(number).is_integer():
        return number
    digits = str(int(number))
    return mask_digits(digits) if len(digits) > 12 and _is_card(digits) else number


def _is_card(digits: str) -> bool:
    # Late: stdnum brings in ssl, 20 ms that no application's start should wait for.
    from stdnum import luhn

    return bool(luhn.is_valid(digits))


def _mask_record_number(number: float) -> float | str:
    return number if -_SMALL_RECORD < number < _SMALL_RECORD else mask_digits(str(number))


_NUMBER_MASKS: dict[Meaning, MaskNumber] = {
    Meaning.PASSWORD: erase,
    Meaning.SECRET: erase,
    Meaning.PHONE: _mask_phone_number,
    Meaning.MEASURE: _mask_card,
    Meaning.IDENTIFIER: _mask_record_number,
}
_SMALL_NUMBERS: dict[Meaning, int] = {
    Meaning.PASSWORD: 0,
    Meaning.SECRET: 0,
    Meaning.PHONE: 0,
    Meaning.IDENTIFIER: _SMALL_RECORD,
}
