"""People who are asked for by name and address."""

import json
from typing import Any

from nightlatch.detect.disclosure import Disclosures
from nightlatch.exchange.content import read_content
from nightlatch.exchange.disclosure import DataClass, Subject
from nightlatch.exchange.exchange import Body
from nightlatch.exchange.hashing import Hasher

ADA = {"name": "Ada Byron", "street": "Lindenstraße 7", "zip": "10117", "dob": "0000-00-00"}


def _asked(**body: Any) -> tuple[Subject, ...]:
    content = read_content(Body(json.dumps(body).encode()), "application/json")
    return Disclosures(Hasher(bytes(32))).asked("POST /v1/credit-check", (), (), content)


def test_a_name_with_an_address_is_one_person() -> None:
    (ada,) = _asked(**ADA)

    assert ada.data_class is DataClass.NAME
    assert _asked(**{**ADA, "name": "ADA BYRON"}) == (ada,)
    assert _asked(**{**ADA, "name": "Ada Lovelace"}) != (ada,)
    assert _asked(**{**ADA, "zip": "10119"}) != (ada,)


def test_less_than_that_is_nobody() -> None:
    for body in (
        {"name": "Ada Byron"},
        {"street": "Lindenstraße 7", "zip": "10117"},
        {"name": "", "zip": "10117"},
        {"name": 7, "dob": "1990-01-01"},
        {},
    ):
        assert _asked(**body) == ()


def test_an_identifier_says_more_than_a_description() -> None:
    (subject,) = _asked(**ADA, email="ada@example.com")

    assert subject.data_class is DataClass.EMAIL
