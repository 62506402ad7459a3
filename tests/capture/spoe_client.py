"""What HAProxy says to an agent, as bytes."""

from nightlatch.capture.spoe.frames import FIN, Frame, Kind, Message, write_frame, write_messages
from nightlatch.capture.spoe.values import write_named, write_uint32, write_value


def hello(**changes: bytes) -> bytes:
    """HAPROXY-HELLO as 2.6 sends it; an item that is changed to nothing is left out."""
    items = {
        "supported-versions": write_value("2.0"),
        "max-frame-size": write_uint32(16_380),
        "capabilities": write_value("pipelining,async"),
        "engine-id": write_value("F25E9BBC"),
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    payload = b"".join(write_named(name, value) for name, value in items.items() if value)
    return write_frame(Frame(Kind.HAPROXY_HELLO, FIN, 0, 0, payload))


def notify(*messages: Message, flags: int = FIN, stream: int = 7, number: int = 1) -> bytes:
    return write_frame(Frame(Kind.NOTIFY, flags, stream, number, write_messages(messages)))
