"""The door for Treblle's SDKs."""

from starlette.responses import PlainTextResponse, Response

from nightlatch.capture.http_source import HttpSource, Sent, Taken
from nightlatch.capture.intake import Doorkeeper, Intake
from nightlatch.capture.reception import Rejected, problem
from nightlatch.capture.treblle.reading import read_treblle
from nightlatch.exchange.source import SourceKind

PATH = "/"
MAX_BODY = 24 << 20
"""Bytes, as they come and decoded: two bodies of 10 MB, of which Django's SDK sends each, and
room for their escapes."""
AT_ONCE = 16
ON_LOOP = 16 << 10
"""Bytes of an event that is read at once: most are smaller, and come one a request."""


def treblle_source(intake: Intake, doorkeeper: Doorkeeper) -> HttpSource:
    """POST `/` with the source's token in `x-api-key`."""
    return HttpSource(
        SourceKind.TREBLLE,
        [PATH],
        read_treblle,
        intake,
        doorkeeper,
        answer=_answer,
        # They send each event once.
        comes_again=False,
        max_body=MAX_BODY,
        max_decoded=MAX_BODY,
        at_once=AT_ONCE,
        on_loop=ON_LOOP,
    )


def _answer(_sent: Sent, taken: Taken) -> Response:
    if taken.malformed:
        detail = f"This is {taken.malformed[0].reason} of a Treblle SDK."
        return problem(Rejected(400, taken.malformed[0].reason, detail))
    return PlainTextResponse("ok")
