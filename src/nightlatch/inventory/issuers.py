"""Numbers that somebody issues, held against the issuer's own rules: numbering plans, check digits.

Slow (5 to 500 µs): only the first values of a field come here. The libraries are imported when they
are first needed, as the middleware must import fast.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any

from nightlatch.exchange.names import name_endings, word_set
from nightlatch.exchange.shapes import phone_digits

_SEPARATORS = re.compile(r"[\s.\-/]+")
_CARD_SPELLING = re.compile(
    r"[0-9]{13,19}|[0-9]{4}(?:([ -])[0-9]{4}){2}\1[0-9]{1,7}|[0-9]{4}([ -])[0-9]{6}\2[0-9]{5}"
)
_ISSUERS = re.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})"  # Visa
    r"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"  # Mastercard
    r"|3[47][0-9]{13}"  # American Express
    r"|3(?:0[0-5]|[689][0-9])[0-9]{11,16}"  # Diners Club
    r"|(?:6011|65[0-9]{2}|64[4-9][0-9])[0-9]{12,15}"  # Discover
    r"|35(?:2[89]|[3-8][0-9])[0-9]{12,15}"  # JCB
    r"|62[0-9]{14,17}"  # UnionPay
    r"|(?:50|5[6-9]|6[0-9])[0-9]{11,17}"  # Maestro
)
_NINO = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]")
_DASHED_SSN = re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}")

_BY_ENDING = {
    "ssn": "us.ssn",
    "socialsecuritynumber": "us.ssn",
    "socialsecurity": "us.ssn",
    "nhsnumber": "gb.nhs",
    "aadhaar": "in_.aadhaar",
    "aadhar": "in_.aadhaar",
    "aadhaarnumber": "in_.aadhaar",
    "pan": "in_.pan",
    "pancard": "in_.pan",
    "cpf": "br.cpf",
    "pesel": "pl.pesel",
    "dni": "es.dni",
    "nie": "es.nie",
    "nif": "es.nif",
    "bsn": "nl.bsn",
    "burgerservicenummer": "nl.bsn",
    "codicefiscale": "it.codicefiscale",
    "personnummer": "se.personnummer",
    "hetu": "fi.hetu",
    "cpr": "dk.cpr",
    "cprnumber": "dk.cpr",
    "fodselsnummer": "no.fodselsnummer",
    "sin": "ca.sin",
    "sinnumber": "ca.sin",
    "rodnecislo": "cz.rc",
    "curp": "mx.curp",
    "nir": "fr.nir",
    "insee": "fr.nir",
    "steuerid": "de.idnr",
    "ahv": "ch.ssn",
    "ahvnumber": "ch.ssn",
    "avs": "ch.ssn",
    "egn": "bg.egn",
    "cnp": "ro.cnp",
    "oib": "hr.oib",
    "emso": "si.emso",
    "isikukood": "ee.ik",
    "mykad": "my.nric",
    "nric": "my.nric",
    "tfn": "au.tfn",
    "tckimlik": "tr.tckimlik",
    "kimlikno": "tr.tckimlik",
}
_STRONG = word_set("it.codicefiscale mx.curp")
"""Numbers that carry letters, a birth date and a check character: no name is needed to tell."""
_GENERIC = tuple(dict.fromkeys(_BY_ENDING.values())) + tuple(
    sorted(word_set("at.vnr be.nn pt.cc ie.pps za.idnr il.idnr cn.ric kr.rrn gr.amka cl.rut"))
)


def phone_confidence(text: str, *, named: bool) -> float:
    """How sure it is that `text` is a phone number; `named` when the field's name says so."""
    digits = phone_digits(text)
    if digits is None or len(set(digits)) == 1:
        return 0.0
    marked = text.lstrip()[:1] == "+" or text.lstrip()[:2] == "00"
    if _is_assigned(digits):
        return 0.95 if named or marked else 0.4
    if named:
        return 0.8 if len(digits) >= 9 else 0.6
    return 0.7 if marked and _is_possible(digits) else 0.0


def card_confidence(text: str, *, named: bool) -> float:
    """A payment card number: an issuer's range and the Luhn check (ISO/IEC 7812-1)."""
    spelling = _CARD_SPELLING.fullmatch(text)
    if spelling is None:
        return 0.0
    digits = _SEPARATORS.sub("", text)
    if _ISSUERS.fullmatch(digits) is None or not _is_valid("luhn", digits):
        return 0.0
    if named:
        return 0.99
    return 0.8 if len(digits) != len(text) else 0.5


def iban_confidence(text: str) -> float:
    """A country's length and layout, and the check digits (ISO 13616)."""
    return 0.99 if 15 <= len(text) <= 42 and _is_valid("iban", text) else 0.0


def imei_confidence(text: str) -> float:
    return 0.95 if _is_valid("imei", text) else 0.0


def national_id_confidence(name: str, text: str) -> float:
    """A national identity, tax or health number under a name that says so, or one that needs no
    name. A name that names the country decides; a general one tries every country known here."""
    compact = _SEPARATORS.sub("", text).upper()
    if not 6 <= len(compact) <= 20 or not any(char.isdecimal() for char in compact):
        return 0.0
    if _NINO.fullmatch(compact):
        return 0.9
    modules = tuple(_modules_for(name)) or _GENERIC
    if any(_is_valid(module, text) for module in modules):
        return 0.95
    return 0.6 if compact.isalnum() and sum(map(str.isdecimal, compact)) >= 5 else 0.0


def unnamed_national_id_confidence(text: str) -> float:
    if _DASHED_SSN.fullmatch(text):
        return 0.7 if _is_valid("us.ssn", text) else 0.0
    if 16 <= len(text) <= 18 and text.isalnum() and not text.isdecimal():
        return 0.95 if any(_is_valid(module, text) for module in _STRONG) else 0.0
    return 0.0


def _modules_for(name: str) -> Iterator[str]:
    for ending in name_endings(name):
        if ending in _BY_ENDING:
            yield _BY_ENDING[ending]


def _is_valid(module: str, text: str) -> bool:
    return bool(_stdnum(module).is_valid(text))


@lru_cache(maxsize=128)
def _stdnum(module: str) -> ModuleType:
    return import_module(f"stdnum.{module}")


def _is_assigned(digits: str) -> bool:
    number = _parsed(digits)
    return number is not None and bool(import_module("phonenumbers").is_valid_number(number))


def _is_possible(digits: str) -> bool:
    number = _parsed(digits)
    return number is not None and bool(import_module("phonenumbers").is_possible_number(number))


def _parsed(digits: str) -> Any:
    phonenumbers = import_module("phonenumbers")
    try:
        return phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return None
