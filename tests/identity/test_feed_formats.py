import gzip
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.identity.feed_formats import read_lines, read_list
from nightlatch.identity.feeds import Feed, FeedKind, FeedRefused, Format, Reading
from nightlatch.identity.prefixes import PrefixTable

NOW = 1_800_000_000.0

FIREHOL = """#
# firehol_level1
#
192.0.2.0/24
198.51.100.7

2001:db8::/32
"""
DROP = """; Spamhaus DROP List 2026/11/22 - (c) 2026 The Spamhaus Project SLU
; Last-Modified: Sun, 22 Nov 2026 00:00:00 GMT
203.0.113.0/25 ; SBL256894
100.64.0.0/10 ; SBL434604
"""
DROP_JSON = """{"cidr":"203.0.113.128/25","sblid":"SBL256894","rir":"apnic"}
{"cidr":"2001:db8:1::/48","sblid":"SBL1","rir":"ripencc"}
{"type":"metadata","timestamp":1700000000,"size":2,"records":2}
"""
TOR = """ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E
Published 2026-11-21 18:03:18
LastStatus 2026-11-22 02:00:00
ExitAddress 192.0.2.77 2026-11-22 02:08:18
"""
RANGES = "192.0.2.10-192.0.2.20\n192.0.2.30 - 192.0.2.40\n2001:db8::1-2001:db8::ff\n"
IPSUM = "# IPsum\n192.0.2.1\t9\n192.0.2.2\t3\n"
CSV = 'ip,country,note\n192.0.2.1,DE,"a, b"\n192.0.2.2,FR,c\n'
CSV_LATE = "date;host;ip\n2026-11-22;x;192.0.2.1\n2026-11-21;y;192.0.2.2\n"
CSV_RANGES = "192.0.2.0,192.0.2.255,DE\n198.51.100.0,198.51.100.255,FR\n"
CSV_QUOTED = '"first_seen_utc","dst_ip","dst_port"\n"2026-11-22 02:00:00","192.0.2.1","443"\n'
AWS = {
    "syncToken": "1700000000",
    "createDate": "2026-11-22-01-03-00",
    "prefixes": [{"ip_prefix": "192.0.2.0/24", "region": "eu-west-1", "service": "EC2"}],
    "ipv6_prefixes": [{"ipv6_prefix": "2001:db8::/32", "service": "EC2"}],
}
GOOGLE = {
    "creationTime": "2026-11-22T01:03:00.000000",
    "prefixes": [{"ipv4Prefix": "192.0.2.0/24"}, {"ipv6Prefix": "2001:db8::/32"}],
}
AZURE = {
    "changeNumber": 345,
    "values": [{"name": "Z", "properties": {"addressPrefixes": ["192.0.2.0/24", "2001:db8::/32"]}}],
}
CLOUDFLARE = {
    "result": {"ipv4_cidrs": ["192.0.2.0/24"], "ipv6_cidrs": ["2001:db8::/32"], "etag": "38f7.9"},
    "success": True,
}
NESTED_VERSION = {"version": "192.0.2.9", "hooks": ["192.0.2.0/29", "2001:db8::/32"]}


def indicator(pattern: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
        "pattern": pattern,
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
        **more,
    }


STIX = {
    "type": "bundle",
    "id": "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d",
    "objects": [
        {"type": "identity", "spec_version": "2.1", "name": "a vendor at 192.0.2.200"},
        indicator("[ipv4-addr:value = '192.0.2.1']"),
        indicator(
            "[ipv4-addr:value ISSUBSET '198.51.100.0/24' OR ipv6-addr:value = '2001:db8::7']"
        ),
        indicator("[ipv4-addr:value IN ('192.0.2.60', '192.0.2.61')]"),
        indicator("[ipv4-addr:value = '192.0.2.50']", revoked=True),
        indicator("[ipv4-addr:value = '192.0.2.51']", valid_until="2026-02-01T00:00:00Z"),
        indicator("[ipv4-addr:value = '192.0.2.52']", valid_until="2099-02-01T00:00:00.000Z"),
        indicator("[ipv4-addr:value NOT = '192.0.2.53']"),
        indicator("[domain-name:value = 'evil.example']"),
        {"type": "ipv4-addr", "spec_version": "2.1", "value": "192.0.2.54"},
    ],
}


def read(text: str, chosen: Format = Format.AUTO, column: int = 0) -> Reading:
    feed = Feed("test", FeedKind.BAD, path="-", format=chosen, column=column)
    return read_list(text.encode(), feed, NOW)


@pytest.mark.parametrize(
    ("text", "listed", "clean"),
    [
        (FIREHOL, ["192.0.2.0", "192.0.2.255", "198.51.100.7"], ["192.0.3.0", "198.51.100.8"]),
        (FIREHOL, ["2001:db8::1"], ["2001:db9::"]),
        (DROP, ["203.0.113.127", "100.127.255.255"], ["203.0.113.128", "100.128.0.0"]),
        (DROP_JSON, ["203.0.113.128", "2001:db8:1::7"], ["203.0.113.127"]),
        (TOR, ["192.0.2.77"], ["192.0.2.78"]),
        (RANGES, ["192.0.2.10", "192.0.2.20", "192.0.2.35"], ["192.0.2.21", "192.0.2.9"]),
        (RANGES, ["2001:db8::ff"], ["2001:db8::100"]),
        (IPSUM, ["192.0.2.1", "192.0.2.2"], ["192.0.2.3"]),
        ("\ufeff192.0.2.1\r\n192.0.2.2\r\n", ["192.0.2.1", "192.0.2.2"], ["192.0.2.3"]),
        ("192.0.2.7/24", ["192.0.2.200"], []),
        ("0.0.0.0/0", ["192.0.2.1"], ["::1"]),
        (CSV, ["192.0.2.1", "192.0.2.2"], ["192.0.2.3"]),
        (CSV_LATE, ["192.0.2.1", "192.0.2.2"], ["192.0.2.3"]),
        (CSV_RANGES, ["192.0.2.77", "198.51.100.255"], ["198.51.101.0"]),
        (CSV_QUOTED, ["192.0.2.1"], ["192.0.2.2"]),
        *((json.dumps(tree), ["192.0.2.3", "2001:db8::1"], ["192.0.3.0", "38.0.0.9"])
          for tree in (AWS, GOOGLE, AZURE, CLOUDFLARE)),
        (json.dumps(AWS, indent=2), ["192.0.2.3", "2001:db8::1"], ["192.0.3.0"]),
        (json.dumps(["192.0.2.1", "192.0.2.2"]), ["192.0.2.1"], ["192.0.2.3"]),
        (json.dumps(NESTED_VERSION), ["192.0.2.7"], ["192.0.2.9"]),
        (json.dumps(STIX), ["192.0.2.1", "198.51.100.9", "2001:db8::7", "192.0.2.52", "192.0.2.61"],
         ["192.0.2.50", "192.0.2.51", "192.0.2.53", "192.0.2.54", "192.0.2.200"]),
    ],
)  # fmt: skip
def test_formats_are_told_apart(text: str, listed: list[str], clean: list[str]) -> None:
    reading = read(text)
    assert reading.bad == ()
    table = PrefixTable([reading.ranges])
    assert {address: table.find(address) for address in listed} == dict.fromkeys(listed, (0,))
    assert {address: table.find(address) for address in clean} == dict.fromkeys(clean, ())


def test_a_taxii_envelope_is_read_like_a_bundle() -> None:
    envelope = {"more": False, "objects": STIX["objects"]}
    assert read(json.dumps(envelope)).ranges.count == 6


def test_a_column_can_be_named() -> None:
    text = "192.0.2.1,198.51.100.9\n192.0.2.2,198.51.100.5\n"
    assert PrefixTable([read(text, Format.CSV, 2).ranges]).find("198.51.100.5") == (0,)


def test_columns_without_addresses_are_no_list() -> None:
    with pytest.raises(FeedRefused, match="say which"):
        read("name,colour\nAda,red\nBob,blue\n")


def test_gzip_files_are_unpacked_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = Feed("test", FeedKind.BAD, path="-")
    packed = gzip.compress(FIREHOL.encode())
    assert read_list(packed, feed, NOW).ranges.count == 3
    for broken in (packed[:-20], packed[:12], b"\x1f\x8bnot gzip at all"):
        with pytest.raises(FeedRefused, match=r"gzip|breaks off"):
            read_list(broken, feed, NOW)
    monkeypatch.setattr("nightlatch.identity.feed_formats.MAX_TEXT", 1_000)
    with pytest.raises(FeedRefused, match="unpacks to more"):
        read_list(gzip.compress(b"#" * 100_000), feed, NOW)


@pytest.mark.parametrize("page", ["<!DOCTYPE html><html>Sorry", "\n <?xml version='1.0'?><Error/>"])
def test_a_page_is_no_list(page: str) -> None:
    with pytest.raises(FeedRefused, match="HTML or XML"):
        read(page)


@pytest.mark.parametrize("text", ['{"prefixes": [', "[" * 100_000])
def test_broken_json_is_no_list(text: str) -> None:
    with pytest.raises(FeedRefused, match="not JSON"):
        read(text)


def test_bad_lines_are_counted_and_cost_nothing_else() -> None:
    text = "192.0.2.1\nhello\n192.0.2.300\n1.2.3.4-1.2.3.1\n{bad\n192.0.2.2\n192.0.2.1-::1\n"
    reading = read(text)
    assert reading.ranges.count == 2
    assert reading.fault == "5 lines hold no address or network (line 2, 3, 4 and others)"


def test_reading_pauses_often() -> None:
    pauses: list[int] = []
    read_lines(["192.0.2.1"] * 5_000, lambda: pauses.append(1))
    assert len(pauses) == 5


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=8,
)


@given(st.binary(max_size=80) | TREES.map(lambda tree: json.dumps(tree).encode()))
def test_never_breaks_on_junk(data: bytes) -> None:
    for chosen in Format:
        feed = Feed("test", FeedKind.BAD, path="-", format=chosen)
        with suppress(FeedRefused):
            read_list(data, feed, NOW)


@pytest.mark.slow
@given(TREES)
def test_never_breaks_on_odd_bundles(tree: Any) -> None:
    for objects in (tree, [tree], [indicator("[x]") | {"pattern": tree, "valid_until": tree}]):
        text = json.dumps({"type": "bundle", "objects": objects})
        read(text, Format.STIX)
