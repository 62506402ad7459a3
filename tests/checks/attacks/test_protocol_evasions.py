"""Attacks on protocols in other spellings: still found; and hostile texts, read in linear time."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.checks.attacks.engine import whole_engine
from tests.checks.attacks.requests import a_request, read

from nightlatch.checks.attacks import (
    attack_tool,
    crlf_injection,
    graphql_abuse,
    jwt_tricks,
    mail_header_injection,
    open_redirect,
    prototype_pollution,
    server_side_request_forgery,
    vulnerability_probe,
)
from nightlatch.checks.attacks.recogniser import Recogniser
from nightlatch.checks.attacks.value import Place, Value

READERS = [
    module.RECOGNISER
    for module in (
        *(attack_tool, crlf_injection, graphql_abuse, jwt_tricks, mail_header_injection),
        *(open_redirect, prototype_pollution, server_side_request_forgery, vulnerability_probe),
    )
]
each_reader = pytest.mark.parametrize("reader", READERS, ids=[r.check for r in READERS])


def found(target: str) -> set[str]:
    return {attack.check for attack in whole_engine().find(*read(a_request(target=target)))}


SAID = [
    ("server-side-request-forgery", "/?url={}", "http://0x7f.1/admin"),
    ("server-side-request-forgery", "/?url={}", "http://metadata.google.internal/computeMetadata/"),
    ("server-side-request-forgery", "/?x={}", "gopher://127.0.0.1:6379/_SET"),
    ("open-redirect", "/?next={}", "/\\evil.example"),
    ("open-redirect", "/?returnTo={}", "https:evil.example"),
    ("crlf-injection", "/?to={}", "a\r\nSet-Cookie: a=b"),
    ("crlf-injection", "/{}", "\r\nX-Test: a"),
    ("mail-header-injection", "/?email={}", "a@example.org\nBcc: b@example.org"),
    ("mail-header-injection", "/?q={}", "\r\nRCPT TO:<b@example.org>"),
    ("prototype-pollution", "/?q={}", '{"__proto__": {"a": 1}}'),
    ("graphql-abuse", "/graphql?query={}", "{__schema{types{name}}}"),
    ("attack-tool", "/?q={}", "http://abc123.oastify.com/"),
    ("vulnerability-probe", "/{}", ".git/config"),
    ("vulnerability-probe", "/{}", "actuator/heapdump"),
]


def encoded(text: str, rounds: int, *, all_of_it: bool, rng: random.Random) -> str:
    """Percent-encoded, in random case, `rounds` times over."""
    for _ in range(rounds):
        text = "".join(
            character
            if not all_of_it and re.match(r"[\w.-]", character)
            else "".join(f"%{byte:02{rng.choice('xX')}}" for byte in character.encode())
            for character in text
        )
        all_of_it = False
    return text


@pytest.mark.parametrize(("check", "target", "text"), SAID)
@pytest.mark.parametrize("rounds", [1, 2, 3])
@pytest.mark.parametrize("all_of_it", [True, False])
def test_encoded_again(check: str, target: str, text: str, rounds: int, *, all_of_it: bool) -> None:
    rng = random.Random(f"{text}{rounds}")
    spelled = encoded(text, rounds, all_of_it=all_of_it, rng=rng)
    assert check in found(target.format(spelled))


CASELESS = [one for one in SAID if one[0] not in ("graphql-abuse", "prototype-pollution")]


@pytest.mark.parametrize(("check", "target", "text"), CASELESS)
def test_in_any_case(check: str, target: str, text: str) -> None:
    rng = random.Random(text)
    spelled = "".join(rng.choice((c.upper(), c.lower())) for c in text)
    assert check in found(target.format(encoded(spelled, 1, all_of_it=False, rng=rng)))


ENCLOSED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


@pytest.mark.parametrize("letters", [ENCLOSED, FULL_WIDTH])
@pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "10.0.0.1"])
def test_hosts_in_other_letters(host: str, letters: dict[int, int | str]) -> None:
    target = (
        f"/?u=http://{encoded(host.translate(letters), 1, all_of_it=True, rng=random.Random(1))}/"
    )
    assert "server-side-request-forgery" in found(target)


VALUES = st.builds(
    Value,
    place=st.sampled_from(list(Place)),
    name=st.sampled_from(["", "q", "url", "next", "email", "$.a[].url", "user-agent", "[", "$"]),
    text=st.just(""),
    is_name=st.booleans(),
)


@each_reader
@given(
    value=VALUES, text=st.text(max_size=200) | st.text("htp:/@#\\[].\r\n%eyJ{}=_- ", max_size=200)
)
@settings(max_examples=60, deadline=None)
def test_never_raises(reader: Recogniser, value: Value, text: str) -> None:
    clue = reader.recognise(text, value)
    assert clue is None or 0 < clue.certainty <= 100


PARTS = [
    *(
        "http://",
        "a.",
        "@",
        "/\\",
        "\r\n",
        "\r\nA: ",
        "eyJhbGciOiJ",
        "eyJhbGciOiJub25lIn0.",
        "{a",
        "__",
    ),
    *(
        "constructor",
        "a" * 64 + ".",
        "\nA1 ",
        "\n ",
        "x-",
        "嘍",
        "~",
        "/.",
        ".php.",
        "(",
        '"""',
        "data:",
    ),
    *(
        "j a v a s c r i p t",
        "../",
        "%00",
        "[::",
        "0x",
        "fragment a on b ",
        "@a ",
        "a:a ",
        "metadata.",
    ),
]


@pytest.mark.slow
@each_reader
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("place", [Place.PATH, Place.QUERY, Place.HEADER])
def test_hostile_texts_are_read_in_linear_time(reader: Recogniser, part: str, place: Place) -> None:
    # Patterns that backtrack would not come back from these: the suite's timeout is the judge.
    text = part * (8192 // len(part))
    for name in ("url", "user-agent"):
        reader.recognise(text, Value(place, name, text))
        reader.recognise("http://" + text, Value(place, name, text))
