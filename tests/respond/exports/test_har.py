"""HAR 1.2 as its specification demands, and as our own import reads it."""

from typing import Any

import msgspec
from tests.respond.exports.samples import BARE, FULL, RECORDS

from nightlatch.capture.har import EntryFault, read_har
from nightlatch.exchange.source import Part
from nightlatch.respond.exports import har

# http://www.softwareishard.com/blog/har-12-spec/: what is not marked optional.
REQUIRED = {
    "entry": {"startedDateTime", "time", "request", "response", "cache", "timings"},
    "request": {
        "method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize",
        "bodySize",
    },
    "response": {
        "status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL",
        "headersSize", "bodySize",
    },
    "content": {"size", "mimeType"},
    "timings": {"send", "wait", "receive"},
}  # fmt: skip


def whole(records: Any) -> dict[str, Any]:
    log: dict[str, Any] = msgspec.json.decode(b"".join(har.pieces(records, "0.1.0")))["log"]
    return log


def test_every_entry_has_what_the_specification_demands() -> None:
    log = whole(RECORDS.values())
    assert (log["version"], log["creator"]) == ("1.2", {"name": "Nightlatch", "version": "0.1.0"})
    assert len(log["entries"]) == len(RECORDS)
    for entry in log["entries"]:
        parts = {
            "entry": entry,
            "request": entry["request"],
            "response": entry["response"],
            "content": entry["response"]["content"],
            "timings": entry["timings"],
        }
        for name, part in parts.items():
            assert part.keys() >= REQUIRED[name], name
        assert entry["time"] == sum(entry["timings"].values())
        assert entry["request"]["url"].startswith(("http://", "https://"))
        for header in (*entry["request"]["headers"], *entry["response"]["headers"]):
            assert header.keys() == {"name", "value"}


def test_what_stands_where() -> None:
    entry = har.entry(FULL)
    request, response = entry["request"], entry["response"]
    assert request["url"] == "https://api.example/v1/users/•••/status?full=1&phone=•••"
    assert request["queryString"][0] == {"name": "full", "value": "1"}
    assert request["cookies"] == [{"name": "session", "value": "•••"}]
    assert request["postData"]["text"] == '{"phone":"•••"}'
    assert (response["status"], response["statusText"]) == (200, "OK")
    assert response["content"]["text"] == '{"found":true}'


def test_what_was_not_seen_is_marked() -> None:
    entry = har.entry(BARE)
    assert entry["request"]["url"].startswith("http://unseen.invalid/")
    assert "host" in entry["_nightlatch"]["unseen"]
    assert (entry["request"]["bodySize"], entry["response"]["bodySize"]) == (-1, -1)
    assert entry["response"]["content"] == {"size": -1, "mimeType": ""}


def test_our_own_import_sees_no_more_than_was_seen() -> None:
    records = list(RECORDS.values())
    file = b"".join(har.pieces(records, "0.1.0"))
    faults: list[EntryFault] = []
    seen = list(read_har(file, "shop", lambda fault, _: faults.append(fault)))
    assert (len(seen), faults) == (len(records), [])
    for one, record in zip(seen, records, strict=True):
        assert one.source.unseen >= set(record.unseen)
        assert (not one.request.host) is (Part.HOST in record.unseen)
        assert one.request.scheme == record.scheme
        assert one.request.method == record.method


def test_no_records_are_a_file_too() -> None:
    assert whole([])["entries"] == []
