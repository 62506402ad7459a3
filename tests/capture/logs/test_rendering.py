"""An exchange written as a server would, and read back."""

import json
from datetime import UTC, datetime
from string import ascii_letters, digits

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from nightlatch.capture.logs.assembly import Assembler
from nightlatch.capture.logs.registry import format_by_id
from nightlatch.exchange.observed import Observed

pytestmark = pytest.mark.slow

PRINTED = "".join(map(chr, range(32, 127)))


class Happened(Struct, frozen=True):
    client: str
    user: str
    at: int
    method: str
    path: str
    query: str
    status: int
    size: int
    agent: bytes
    milliseconds: int


happenings = st.builds(
    Happened,
    client=st.ip_addresses().map(str).filter(lambda text: "ffff:" not in text),
    user=st.text(ascii_letters + digits, max_size=8),
    at=st.integers(10**9, 2 * 10**9),
    method=st.sampled_from(["GET", "POST", "PROPFIND", "M-SEARCH"]),
    path=st.text(ascii_letters + digits + "/._~-", max_size=40).map(lambda text: "/" + text),
    query=st.text(ascii_letters + digits + "=&%[]", max_size=40),
    status=st.integers(100, 599).filter(lambda status: status not in (460, 499)),
    size=st.integers(0, 10**9),
    agent=st.binary(max_size=60).filter(lambda agent: agent not in (b"-", b"")),
    milliseconds=st.integers(0, 10**6),
)


def nginx_escape(data: bytes) -> str:
    return "".join(
        f"\\x{byte:02X}" if byte < 32 or byte > 126 or byte in b'"\\' else chr(byte)
        for byte in data
    )


def apache_escape(data: bytes) -> str:
    named = {34: '\\"', 92: "\\\\", 10: "\\n", 13: "\\r", 9: "\\t", 8: "\\b", 11: "\\v", 12: "\\f"}
    return "".join(
        named.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}") for byte in data
    )


def target(one: Happened) -> str:
    return one.path + (f"?{one.query}" if one.query else "")


def clf(one: Happened) -> str:
    return datetime.fromtimestamp(one.at, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")


def nginx_timed(one: Happened) -> str:
    return (
        f'{one.client} - {one.user or "-"} [{clf(one)}] "{one.method} {target(one)} HTTP/1.1" '
        f'{one.status} {one.size} "-" "{nginx_escape(one.agent)}" {one.milliseconds / 1000:.3f}'
    )


def apache_timed(one: Happened) -> str:
    return (
        f'{one.client} - {one.user or "-"} [{clf(one)}] "{one.method} {target(one)} HTTP/1.1" '
        f'{one.status} {one.size} "-" "{apache_escape(one.agent)}" {one.milliseconds * 1000}'
    )


def caddy(one: Happened) -> str:
    return json.dumps(
        {
            "ts": one.at + one.milliseconds / 1000,
            "request": {
                "remote_ip": one.client, "proto": "HTTP/1.1", "method": one.method,
                "host": "shop.example", "uri": target(one),
                "headers": {"User-Agent": [one.agent.decode("latin-1")]},
            },
            "user_id": one.user, "duration": one.milliseconds / 1000, "size": one.size,
            "status": one.status, "resp_headers": {},
        }
    )  # fmt: skip


def read(name: str, line: str) -> Observed:
    chosen = format_by_id(name)
    assert chosen is not None
    return Assembler("api").observed(chosen.open().read(line))


def check(seen: Observed, one: Happened, begins_at: float) -> None:
    asked, told = seen.request, seen.response
    assert told is not None
    assert (asked.peer, asked.method, asked.path, asked.query) == (
        one.client, one.method, one.path, one.query,
    )  # fmt: skip
    assert (told.status, told.body.size, seen.principal) == (one.status, one.size, one.user)
    assert abs(seen.at - begins_at) < 1e-3
    assert abs(seen.duration - one.milliseconds / 1000) < 1e-6


@settings(max_examples=100, deadline=None)
@given(happenings)
def test_nginx_comes_back(one: Happened) -> None:
    seen = read("nginx-timed", nginx_timed(one))
    check(seen, one, one.at - one.milliseconds / 1000)
    assert seen.request.headers.raw == ((b"user-agent", one.agent),)


@settings(max_examples=100, deadline=None)
@given(happenings)
def test_apache_comes_back(one: Happened) -> None:
    seen = read("apache-timed", apache_timed(one))
    check(seen, one, one.at)
    assert seen.request.headers.raw == ((b"user-agent", one.agent),)


@settings(max_examples=100, deadline=None)
@given(happenings)
def test_caddy_comes_back(one: Happened) -> None:
    check(read("caddy", caddy(one)), one, one.at)
