"""Hostile requests through the whole engine: a finding or a counted limit, never an exception."""

import gzip
import json
import zlib
from collections.abc import Callable
from typing import NamedTuple

import brotli
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.checks.attacks.engine import whole_engine

from nightlatch.capture.bodies import BodyCollector, body_of
from nightlatch.capture.codings import decoder_for
from nightlatch.checks.attacks.clues import FINDING
from nightlatch.checks.attacks.engine import AttackEngine, Inspection
from nightlatch.checks.attacks.evidence import LONGEST
from nightlatch.checks.attacks.registry import RECOGNISERS, REQUEST_RULES
from nightlatch.exchange.content import Content, query_leaves, read_content
from nightlatch.exchange.exchange import Request
from nightlatch.exchange.headers import Headers

ATTACK = "1' UNION SELECT password FROM users--"
CHECKS = {reader.check for reader in RECOGNISERS} | {rule.check for rule in REQUEST_RULES}
LONGEST_EVIDENCE = LONGEST + 1_000
"""With its place, its name and the reason."""

Fields = tuple[tuple[bytes, bytes], ...]


class Seen(NamedTuple):
    """What became of one request."""

    request: Request
    content: Content
    inspection: Inspection

    @property
    def said(self) -> bool:
        """Something tells that the request is not what it should be, or was not read whole."""
        fault = self.request.body.fault or self.content.fault or self.content.cut
        return bool(fault or self.inspection.unread or self.inspection.attacks)


@pytest.fixture(scope="module")
def engine() -> AttackEngine:
    return whole_engine()


def _inspect(
    engine: AttackEngine,
    body: bytes = b"",
    headers: Fields = (),
    query: str = "",
    path: str = "/",
    limit: int = 2 << 20,
) -> Seen:
    """Ask as the middleware does: captured, decoded, read, inspected."""
    collector = BodyCollector(limit)
    collector.add(body, more=False)
    fields = Headers(headers)
    captured = body_of(collector, decoder_for(fields), over=True)
    request = Request("POST", "https", "example.com", path, query, fields, "", "1.1", captured)
    content = read_content(captured, fields.get(b"content-type"))
    inspection = engine.inspect(request, query_leaves(query), content)
    _sound(inspection)
    return Seen(request, content, inspection)


def _sound(inspection: Inspection) -> None:
    """Bounded, known, and fit to be stored."""
    attacks = inspection.attacks
    assert len({attack.check for attack in attacks}) == len(attacks)
    assert {attack.check for attack in attacks} <= CHECKS
    for attack in attacks:
        assert FINDING <= attack.certainty <= 100
        assert len(attack.evidence) <= LONGEST_EVIDENCE
        assert attack.evidence.encode()
    assert len(inspection.unread) <= 1_000


JSON: Fields = ((b"content-type", b"application/json"),)
FORM: Fields = ((b"content-type", b"application/x-www-form-urlencoded"),)
XML: Fields = ((b"content-type", b"application/xml"),)
PARTS: Fields = ((b"content-type", b'multipart/form-data; boundary="b"'),)


def _part(name: bytes, value: bytes) -> bytes:
    return b'--b\r\nContent-Disposition: form-data; name="' + name + b'"\r\n\r\n' + value + b"\r\n"


NOTHING = b'{"city": "Leeds"}'
BEYOND_A_BOUND: dict[str, tuple[bytes, Fields]] = {
    "10,000 members": (json.dumps({f"k{n}": "v" for n in range(10_000)}).encode(), JSON),
    "10,000 form fields": (b"&".join(b"k%d=v" % n for n in range(10_000)), FORM),
    "10,000 parts": (b"".join(_part(b"k%d" % n, b"v") for n in range(10_000)) + b"--b--", PARTS),
    "10,000 elements": (b"<a>" + b"<b>value</b>" * 10_000 + b"</a>", XML),
    "depth 1,000": (b'{"a":' * 1_000 + b"1" + b"}" * 1_000, JSON),
    "depth 100,000": (b"[" * 100_000, JSON),
    "1 MB of text": (b"a lot of words, " * 65_536, ((b"content-type", b"text/plain"),)),
    "cut JSON": (b'{"city": "Lee', JSON),
    "cut multipart": (_part(b"a", b"b")[:-20], PARTS),
}


@pytest.mark.parametrize(("body", "headers"), BEYOND_A_BOUND.values(), ids=BEYOND_A_BOUND)
def test_what_is_cut_by_a_bound_is_said(engine: AttackEngine, body: bytes, headers: Fields) -> None:
    assert _inspect(engine, body, headers).said


def test_ten_thousand_parameters_are_said(engine: AttackEngine) -> None:
    query = "&".join(f"k{number}=v" for number in range(10_000))
    assert _inspect(engine, query=query).said


BOMB = b"\0" * (4 << 20)
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: bytes(brotli.compress(data, quality=4)),
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize("coding", CODINGS)
def test_bombs_are_said_and_cost_no_more_than_their_bound(
    engine: AttackEngine, coding: str
) -> None:
    headers = ((b"content-encoding", coding.encode()), *JSON)
    seen = _inspect(engine, CODINGS[coding](BOMB), headers)
    assert "expands beyond" in seen.request.body.fault
    assert len(seen.request.body.data) <= 1 << 20
    assert seen.said


@pytest.mark.parametrize("coding", CODINGS)
def test_a_content_coding_hides_nothing(engine: AttackEngine, coding: str) -> None:
    body = CODINGS[coding](json.dumps({"q": ATTACK}).encode())
    seen = _inspect(engine, body, ((b"content-encoding", coding.encode()), *JSON))
    assert [attack.check for attack in seen.inspection.attacks] == ["sql-injection"]


LABELS = (b"", b"gzip", b"br", b"zstd", b"compress", b"gzip, gzip", b"gzip" + b", gzip" * 9)


@pytest.mark.parametrize("coding", LABELS)
@pytest.mark.parametrize(
    "media",
    [b"", b"application/json", b"text/plain; charset=utf-99", b"multipart/form-data", b"\xff"],
)
def test_a_false_label_hides_nothing(engine: AttackEngine, coding: bytes, media: bytes) -> None:
    headers = ((b"content-encoding", coding), (b"content-type", media), *XML)
    seen = _inspect(engine, json.dumps({"q": ATTACK}).encode(), headers)
    assert seen.inspection.attacks


TEXT = st.text(st.characters(codec=None), max_size=30)
HOSTILE = st.sampled_from(
    [
        *(ATTACK, "<script>alert(1)</script>", "${jndi:ldap://x.example/a}", "../../../etc/passwd"),
        *("\0" * 9, "\ud800\udfff\ud800", "%" * 99, "%25" * 40 + "27", "&#x" * 30, "\\u00" * 30),
        *("'\"`<>${{}}(" * 20, "A" * 9_000, "/*" * 500, "${" * 400, "(" * 3_000, "\r\n" * 50),
        *(
            "rO0ABX" + "A" * 64,
            "eyJ" + "A" * 30 + "." + "A" * 30 + ".",
            "\xc0\xaf" * 20,
            "%c0%ae" * 20,
        ),
        "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    ]
)
PIECE = TEXT | HOSTILE
BYTES = st.binary(max_size=80) | PIECE.map(lambda text: text.encode("utf-8", "surrogatepass"))
NAME = st.sampled_from(
    [
        *(b"content-type", b"content-length", b"transfer-encoding", b"content-encoding", b"cookie"),
        *(b"host", b"referer", b"user-agent", b"authorization", b"x-forwarded-for", b"range"),
    ]
)
VALUE = BYTES | st.sampled_from(
    [
        *(b"application/json", b"multipart/form-data; boundary=b", b"text/xml; charset=utf-16"),
        *(
            b"application/x-www-form-urlencoded",
            b"chunked",
            b"5, 6",
            b"-1",
            b"gzip",
            b"a=b; " * 900,
        ),
    ]
)
HEADERS = st.lists(st.tuples(NAME | BYTES, VALUE), max_size=8).map(tuple)
DOCUMENT = st.recursive(
    PIECE | st.none() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PIECE, inner, max_size=3),
    max_leaves=8,
).map(lambda value: json.dumps(value).encode())
FIELDS = st.lists(st.tuples(BYTES, BYTES), max_size=5)
BODY = st.one_of(
    BYTES,
    DOCUMENT,
    DOCUMENT.map(gzip.compress),
    FIELDS.map(lambda pairs: b"&".join(name + b"=" + value for name, value in pairs)),
    FIELDS.map(lambda pairs: b"".join(_part(*pair) for pair in pairs) + b"--b--\r\n"),
    PIECE.map(
        lambda text: f'<?xml version="1.0"?><a b="{text}">{text}</a>'.encode("utf-8", "replace")
    ),
)


@pytest.mark.slow
@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    path=PIECE.map(lambda text: f"/{text}"),
    query=st.lists(BYTES.map(lambda data: data.decode("latin-1")), max_size=4).map("&".join),
    headers=HEADERS,
    body=BODY,
    cut=st.integers(0, 60),
)
def test_no_request_raises(
    engine: AttackEngine, path: str, query: str, headers: Fields, body: bytes, cut: int
) -> None:
    _inspect(engine, body, headers, query, path)
    _inspect(engine, body[: len(body) - cut], headers, query, path, limit=4_096)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(text=PIECE, depth=st.integers(1, 60))
def test_the_engine_remembers_no_request(engine: AttackEngine, text: str, depth: int) -> None:
    body = json.dumps({"q": text, "deep": json.loads("[" * depth + "]" * depth)}).encode()
    first, again = (_inspect(engine, body, JSON).inspection for _ in range(2))
    assert first == again
    assert _inspect(engine, NOTHING, JSON).inspection == Inspection()


def test_padding_hides_nothing(engine: AttackEngine) -> None:
    padded = b"A" * 60_000 + b" " + ATTACK.encode()
    multipart = _part(b"q", padded) + b"--b--\r\n"
    for body, headers in ((b"q=" + padded, FORM), (multipart, PARTS)):
        assert _inspect(engine, body, headers, limit=65_536).inspection.attacks


def test_a_huge_cookie_is_read_to_its_end(engine: AttackEngine) -> None:
    cookie = b"; ".join([*(b"k%d=v" % number for number in range(2_000)), b"q=" + ATTACK.encode()])
    assert _inspect(engine, headers=((b"cookie", cookie),)).inspection.attacks


def test_two_lengths_and_two_types_are_found_or_read(engine: AttackEngine) -> None:
    headers = (*JSON, *FORM, (b"content-length", b"5"), (b"content-length", b"6"))
    seen = _inspect(engine, b"q=" + ATTACK.replace(" ", "+").encode(), headers)
    assert "sql-injection" in [attack.check for attack in seen.inspection.attacks]


def test_the_body_fault_of_a_request_is_kept(engine: AttackEngine) -> None:
    seen = _inspect(engine, NOTHING, ((b"content-encoding", b"gzip"), *JSON))
    assert replace(seen.request.body, fault="").data == NOTHING
    assert seen.said
