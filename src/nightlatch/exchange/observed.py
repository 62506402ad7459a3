"""An exchange that is over, as a source tells of it: not yet judged, not yet redacted."""

from msgspec import Struct

from nightlatch.exchange.exchange import Ending, Request, Response
from nightlatch.exchange.source import Source


class Observed(Struct, frozen=True, gc=False):
    at: float
    """When it began, seconds since the epoch: the source's word, within what is plausible."""
    duration: float
    """Seconds; 0 where `source.unseen` has the duration."""
    request: Request
    """`peer` is who the source says asked; forwarded headers are read where that is a trusted
    proxy."""
    response: Response | None
    source: Source
    service: str
    """Whose API it is. Never empty; at most 128 characters."""
    route: str | None = None
    """The framework's own route template, where the source knows it: "/users/{phone}"."""
    principal: str = ""
    """Who the source says was logged in; hashed before it is kept."""
    ending: Ending = Ending.ANSWERED
    id: str = ""
    """A name that the source gave this exchange and would give it again; what came before is not
    counted twice. Empty: there is none."""
