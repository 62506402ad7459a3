"""Masked samples: enough to recognise the kind of a value, never the value."""

import re

from nightlatch.exchange.disclosure import SECRET_CLASSES, DataClass
from nightlatch.exchange.shapes import Scalar

_DOTS = "•••••••"
_MARK = re.compile(r"[A-Za-z]{1,8}[_.-]|\$\w{1,8}\$|AKIA|ASIA|AIza|eyJ|-----")
"""What all values of a kind begin with."""
_WORD_CHAR = re.compile(r"[^\W_]|[^\x00-\x7f]")


def masked(data_class: DataClass, value: Scalar) -> str:
    """At most 40 characters; of secrets only what all of their kind begin with."""
    text = str(value).strip()
    mask = _MASKS.get(data_class)
    if mask is not None:
        return mask(text)
    return _secret(text) if data_class in SECRET_CLASSES else _ends(text)


def _ends(text: str) -> str:
    """First and last character, where the rest is long enough to be hidden behind."""
    return f"{text[0]}{_DOTS}{text[-1]}" if len(text) >= 6 else _DOTS


def _phone(text: str) -> str:
    start = text[:2] if text[:1] == "+" else text[:1]
    return f"{start}{_DOTS}{text[-2:]}" if len(text) >= 7 else _DOTS


def _email(text: str) -> str:
    local, _, domain = text.partition("@")
    return f"{local[:1]}•••@{domain[:1]}•••.{domain.rpartition('.')[2][:8]}"


def _card(text: str) -> str:
    return f"•••• {text[-4:]}"


def _name(text: str) -> str:
    return " ".join(f"{word[0]}•••" for word in text.split()[:3])


def _address(text: str) -> str:
    hidden = _WORD_CHAR.sub("•", text)
    return hidden[:20] if hidden != text else _DOTS


def _date(text: str) -> str:
    return f"{text[:2]}••-••-••"


def _number(text: str) -> str:
    return f"{text.partition('.')[0][:4]}.•••"


def _ip(text: str) -> str:
    separator = ":" if ":" in text else "."
    return f"{text.split(separator)[0][:4]}{separator}•••"


def _secret(text: str) -> str:
    mark = _MARK.match(text) if len(text) >= 16 else None
    return f"{mark.group() if mark else ''}{_DOTS}"


def _trace(text: str) -> str:
    return "stack trace" if text else _DOTS


_MASKS = {
    DataClass.PHONE: _phone,
    DataClass.EMAIL: _email,
    DataClass.PAYMENT_CARD: _card,
    DataClass.NAME: _name,
    DataClass.POSTAL_ADDRESS: _address,
    DataClass.BIRTH_DATE: _date,
    DataClass.GEOLOCATION: _number,
    DataClass.IP_ADDRESS: _ip,
    DataClass.JWT: _secret,
    DataClass.STACK_TRACE: _trace,
}
