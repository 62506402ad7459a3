"""What a flow asks of whoever carries it out, and how it fails."""

from collections.abc import Callable, Generator
from typing import TypeVar

from msgspec import Struct

from nightlatch.workbench.oauth.flows.call import Answer, Call, Pairs
from nightlatch.workbench.oauth.flows.masking import masked_url


class Visit(Struct, frozen=True):
    """Open `url` in a browser, and hand back what it brings to `redirect_uri`: its parameters."""

    purpose: str
    url: str
    redirect_uri: str
    example: Pairs = ()
    """What would come back: see `Call.example`."""
    state: str = ""
    """What the answer will name, by which a listener for several flows knows whose it is."""
    unseal: Callable[[str], str] | None = None
    """Opens an answer that is encrypted to the client, with the `state` inside (JARM); "" where it
    cannot."""

    def __repr__(self) -> str:
        return f"Visit({self.purpose!r}, {masked_url(self.url)})"


class Invite(Struct, frozen=True):
    """Tell the person to go to `url` on any device and type `code`; nothing comes back here."""

    purpose: str
    url: str
    code: str = ""


class Wait(Struct, frozen=True):
    seconds: float


class Reckon(Struct, frozen=True):
    """Work that takes a while and sends nothing: in a thread, where others wait meanwhile."""

    work: Callable[[], None]


class Note(Struct, frozen=True):
    """Something the person should know about what the server did."""

    text: str


Step = Call | Visit | Invite | Wait | Reckon | Note
Reply = Answer | Pairs | None
T = TypeVar("T")
Play = Generator[Step, Reply, T]
"""A flow that ends with a `T`, or with a FlowFault."""


class FlowFault(Exception):
    """The flow cannot go on; the text says whose fault it is and what to do. No secrets in it."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code
        """The server's own word (RFC 6749, section 5.2), where it gave one."""


class Untrusted(FlowFault):
    """An answer came, and does not prove whose it is: nothing of it is used."""


def send(call: Call) -> Play[Answer]:
    reply = yield call
    if not isinstance(reply, Answer):
        raise TypeError("a call is answered with an Answer")
    return reply


def visit(step: Visit) -> Play[Pairs]:
    reply = yield step
    if not isinstance(reply, tuple):
        raise TypeError("a visit is answered with the parameters it came back with")
    return reply


def reckon(work: Callable[[], T]) -> Play[T | None]:
    """What the work finds; None where the flow is only rehearsed."""
    found: list[T] = []
    yield Reckon(lambda: found.append(work()))
    return found[0] if found else None


def tell(text: str) -> Play[None]:
    yield Note(text)
