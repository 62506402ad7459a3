"""Who asks for what, as measures see it: the same fields of a request under way and of a record.

A preview is worth something only if yesterday's record is matched as tomorrow's request will be. So
a record is turned back into a request, and then there is one table of fields for both.
"""

from functools import cached_property

from msgspec import Struct

from nightlatch.exchange.client import UNKNOWN_CLIENT, UNKNOWN_NETWORK, Client, Network
from nightlatch.exchange.credential import CredentialKind, CredentialState
from nightlatch.exchange.exchange import Caller, Endpoint, Request
from nightlatch.exchange.headers import headers_of
from nightlatch.exchange.predicate import Field, Kind
from nightlatch.exchange.record import Posture, Record
from nightlatch.identity.clients import Clients
from nightlatch.identity.networks import Networks

NO_CREDENTIAL = ""
_UNKNOWN = CredentialState.UNKNOWN


class Sources(Struct, frozen=True):
    """Where what is not in the request comes from. Asked only by predicates that speak of it."""

    networks: Networks | None = None
    clients: Clients | None = None


class Asking(Struct, frozen=True, dict=True):
    """One request; what has to be looked up is looked up once, when a predicate asks."""

    request: Request
    endpoint: Endpoint
    caller: Caller
    stranger: bool
    """No proven credential."""
    credential: CredentialKind | None
    """The strongest that it carries."""
    at: float
    sources: Sources

    @cached_property
    def network(self) -> Network:
        networks = self.sources.networks
        return UNKNOWN_NETWORK if networks is None else networks.look(self.caller.address)

    @cached_property
    def client(self) -> Client:
        clients = self.sources.clients
        if clients is None:
            return UNKNOWN_CLIENT
        return clients.look(self.request, self.caller, self.at)

    def circle(self, kind: str) -> str:
        """The key of the caller's circle of this kind, or ""."""
        prefix = f"{kind}:"
        for circle in self.caller.circles:
            if circle.startswith(prefix):
                return circle[len(prefix) :]
        return ""


FIELDS = {
    "endpoint": Field(Kind.TEXT, lambda asking: asking.endpoint.key),
    "method": Field(Kind.TEXT, lambda asking: asking.request.method),
    "path": Field(Kind.TEXT, lambda asking: asking.request.path),
    "host": Field(Kind.TEXT, lambda asking: asking.request.host),
    "address": Field(Kind.ADDRESS, lambda asking: asking.caller.address),
    "user-agent": Field(Kind.TEXT, lambda asking: asking.request.headers.get(b"user-agent") or ""),
    "credential": Field(Kind.TEXT, lambda asking: asking.credential or NO_CREDENTIAL),
    "principal": Field(Kind.TEXT, lambda asking: asking.circle("principal")),
    "session": Field(Kind.TEXT, lambda asking: asking.circle("session")),
    "headers": Field(Kind.TEXT, lambda asking: asking.circle("headers")),
    "stranger": Field(Kind.NUMBER, lambda asking: int(asking.stranger), {"yes": 1, "no": 0}),
    "country": Field(Kind.TEXT, lambda asking: asking.network.country),
    "asn": Field(Kind.NUMBER, lambda asking: asking.network.asn),
    "network": Field(Kind.TEXT, lambda asking: " ".join(asking.network.kinds)),
    "client": Field(Kind.TEXT, lambda asking: asking.client.kind),
    "client-name": Field(Kind.TEXT, lambda asking: asking.client.name),
}
"""What a measure's predicate may speak of."""


def asking_of(record: Record, sources: Sources) -> Asking:
    """The request that a record tells of. Its path is the redacted one."""
    method, _, template = record.endpoint.partition(" ")
    request = Request(
        method=record.method,
        scheme=record.scheme,
        host=record.host,
        path=record.path,
        query=record.query,
        headers=headers_of(_latin(record.request.headers)),
        peer=record.address,
    )
    return Asking(
        request=request,
        endpoint=Endpoint(method, template),
        caller=Caller(record.address, record.circles),
        # As the pipeline asks it: a credential proves something only where others are turned away.
        # Such a door has let in whose credential could not be seen.
        stranger=(record.credential_kind is None and record.credential_state is not _UNKNOWN)
        or record.posture is not Posture.PROTECTED,
        credential=record.credential_kind,
        at=record.at,
        sources=sources,
    )


def _latin(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    # Names as hostile callers sent them may have been masked with signs beyond Latin-1.
    return [(name.encode("latin-1", "replace").decode("latin-1"), text) for name, text in headers]
