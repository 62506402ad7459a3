"""Whatever is sent, no behaviour breaks on it."""

import pytest
from msgspec.structs import replace
from tests.detect.behaviours.sightings import NOW, bearer, caller, reporter, sighting

from nightlatch.detect.behaviours.registry import BEHAVIOURS
from nightlatch.exchange.content import read_content
from nightlatch.exchange.disclosure import DataClass, Disclosure, Subject
from nightlatch.exchange.exchange import Body

BODIES = (
    b'{"email":"a@b.c","otp":' + b"9" * 5_000 + b"}",
    b'{"email":"\\ud800@b.c","password":"\\udfff","id":"\\ud800"}',
    b'{"email":1e400,"password":NaN,"id":-0}',
    '{"phone":"١٢٣٤٥٦٧٨","pin":"٣٤٥٦"}'.encode(),
    b'{"a":' * 30 + b"1" + b"}" * 30,
    b'[[[{"password":"x","email":"y"}]]]',
    b"\xff\xfe\x00",
)
ASKED = Disclosure((Subject(b"12345678", DataClass.EMAIL),))


@pytest.mark.parametrize("stranger", [True, False])
@pytest.mark.parametrize("body", BODIES)
def test_any_body_is_taken(body: bytes, stranger: bool) -> None:
    content = read_content(Body(body, len(body)), "application/json")
    plain = sighting(
        caller(1, "principal:x"), NOW, "POST /login", {"x": 1}, {"x": 1},
        stranger=stranger, credentials=(bearer("x"),), disclosure=ASKED,
    )  # fmt: skip
    to = reporter()
    for make in BEHAVIOURS:
        behaviour = make(to)
        for _ in range(3):
            behaviour.note(replace(plain, request=content, response=content))
    assert to.alarms.take() == ()


def test_bodies_were_sent() -> None:
    assert len(BODIES) == 7
