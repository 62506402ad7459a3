"""Records and batches for the tests of the stores."""

from msgspec.structs import replace
from tests.records import record as plain_record

from nightlatch.exchange.facts import ServiceEndpoint
from nightlatch.exchange.judgement import Finding, Level
from nightlatch.exchange.record import Message, Record

NOON = 1_750_000_000.0
PHONE_LOOKUP = "GET /users/{phone}"
DEMO_LOOKUP = ServiceEndpoint("demo", PHONE_LOOKUP)

_PLAIN = plain_record(
    duration=0.012,
    service="demo",
    endpoint=PHONE_LOOKUP,
    host="api.example.com",
    path="/users/+1•••••67",
    address="198.51.100.7",
    circles=("address:198.51.100.7", "headers:0a1b2c3d", "network:198.51.100.0/24"),
    reason="nothing stood out",
    request=Message(headers=(("user-agent", "demo/1"), ("accept", "*/*"))),
    response=Message(
        headers=(("content-type", "application/json"),),
        body='{"exists":true,"account":"••••","status":"active","devices":2}',
        size=66,
    ),
)


def record(number: int = 0, **changes: object) -> Record:
    """The record of second `number` after NOON; its id sorts by `number`."""
    return replace(_PLAIN, **{"id": f"01JX{number:022d}", "at": NOON + number, **changes})


def caller(address: str) -> dict[str, object]:
    """The fields of a record that say who called."""
    return {"address": address, "circles": (f"address:{address}", "network:198.51.100.0/24")}


def finding(check: str, level: Level = Level.HIGH) -> Finding:
    return Finding(check=check, level=level, evidence="seen")
