"""What several formats ask of a record."""

from datetime import UTC, datetime
from ipaddress import ip_address

from nightlatch.exchange.credential import CredentialState
from nightlatch.exchange.record import Message, Record
from nightlatch.exchange.source import Part

PRODUCT = "Nightlatch"
_LONGEST_PORT = 5
_PERSONS = ("principal:", "session:", "credential:")


def actor(record: Record) -> str:
    """The circle of whom an accepted credential names; empty where none does."""
    if record.credential_state is not CredentialState.ACCEPTED:
        return ""
    return next((one for one in record.circles if one.startswith(_PERSONS)), "")


def seconds(record: Record) -> float | None:
    """How long it took; None where that was not seen."""
    return None if Part.DURATION in record.unseen else record.duration


def request_size(record: Record) -> int | None:
    """Bytes of the body; None where nobody knows."""
    return _size(record, record.request, Part.REQUEST_BODY)


def response_size(record: Record) -> int | None:
    return _size(record, record.response, Part.RESPONSE_BODY)


def _size(record: Record, message: Message, body: Part) -> int | None:
    # A log without bodies may have their sizes; what it has none of stands as 0.
    return None if body in record.unseen and not message.size else message.size


def header(message: Message, name: str) -> str:
    """The first value of a header field; empty where there is none."""
    return next((value for field, value in message.headers if field.lower() == name), "")


def moment(at: float) -> str:
    """RFC 3339, in UTC, to the millisecond."""
    told = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return told.replace("+00:00", "Z")


def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def host_and_port(record: Record) -> tuple[str, int]:
    """Apart, as the standards have them; an IPv6 address keeps its brackets. 0 where the port was
    not said."""
    host, colon, port = record.host.rpartition(":")
    is_port = port.isascii() and port.isdecimal() and len(port) <= _LONGEST_PORT
    if not colon or not is_port or (":" in host and not host.endswith("]")):
        return record.host, 0
    return host, int(port)


def url(record: Record) -> str:
    """As much of it as was seen."""
    query = f"?{record.query}" if record.query else ""
    if not record.host:
        return f"{record.path}{query}"
    return f"{record.scheme or 'http'}://{record.host}{record.path}{query}"


def action(record: Record) -> str:
    """What was done with it."""
    return "refused" if record.refused else "allowed"


def summary(record: Record) -> str:
    """One line for people."""
    told = f"{record.method} {record.path} {record.status or 'unanswered'}"
    return f"{told}: {record.reason}" if record.reason else told
