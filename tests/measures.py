"""Measures, and requests they are asked about, for tests."""

from typing import Any

from nightlatch.exchange.credential import CredentialKind
from nightlatch.exchange.exchange import Caller, Endpoint, Request
from nightlatch.exchange.headers import headers_of
from nightlatch.exchange.measure import Measure, MeasureKind
from nightlatch.policy.asking import Asking, Sources

NOW = 1_800_000_000.0
BLOCK, EXEMPT, SLOW = MeasureKind.BLOCK, MeasureKind.EXEMPT, MeasureKind.SLOW
CHALLENGE, UNIFORM = MeasureKind.CHALLENGE, MeasureKind.UNIFORM
WITHHOLD, REQUESTS = MeasureKind.WITHHOLD_FIELDS, MeasureKind.LIMIT_REQUESTS
PEOPLE = MeasureKind.LIMIT_PEOPLE


def measure(kind: MeasureKind = BLOCK, number: int = 0, **fields: Any) -> Measure:
    """In force from NOW on, for an hour."""
    given: dict[str, Any] = {
        "created": NOW,
        "expires": NOW + 3_600,
        "reason": "it walks the list",
    } | fields
    return Measure(id=f"M{number}", kind=kind, author="ida", **given)


def caller(address: str = "198.51.100.7", *narrower: str, headers: str = "aa") -> Caller:
    network = f"network:{address.rpartition('.')[0]}.0/24"
    return Caller(address, (*narrower, f"address:{address}", f"headers:{headers}", network))


def request(
    method: str = "GET",
    path: str = "/users/7",
    agent: str = "curl/8",
    address: str = "198.51.100.7",
) -> Request:
    headers = headers_of([("user-agent", agent)])
    return Request(method, "https", "api.example", path, "", headers, address)


def asking(
    who: Caller | None = None,
    endpoint: str = "GET /users/{id}",
    *,
    at: float = NOW,
    stranger: bool = True,
    agent: str = "curl/8",
    credential: CredentialKind | None = None,
) -> Asking:
    who = who or caller()
    method, _, template = endpoint.partition(" ")
    return Asking(
        request(method, agent=agent, address=who.address),
        Endpoint(method, template),
        who,
        stranger,
        credential,
        at,
        Sources(),
    )
