"""The answer that challenges: problem details for programs, a page for people.

Both hold the same puzzle. Neither says why: that is for the operator, in the record.
"""

from http import HTTPStatus
from typing import Final

import msgspec

from nightlatch.capture.allowances import Fields
from nightlatch.exchange.exchange import Body, Request, Response
from nightlatch.exchange.headers import Headers
from nightlatch.identity.puzzles import Puzzle

SOLUTION: Final = b"nightlatch-solution"
"""The request's header field that carries a solution."""

NO_STORE: Final[Fields] = (
    (b"cache-control", b"no-store"),
    (b"vary", b"Accept, Cookie, Nightlatch-Pass, Nightlatch-Solution"),
)
_DETAIL = (
    "Before this request is heard, solve a puzzle: find the number from 0 to maxnumber for which"
    " the SHA-256 of salt followed by that number in decimal digits is challenge. Then repeat the"
    " request with the header Nightlatch-Solution: the Base64 of a JSON object with the members"
    " algorithm, challenge, number, salt and signature. The answer brings a pass, in the header"
    " Nightlatch-Pass and as a cookie; send either along with further requests."
)


def challenge_problem(puzzle: Puzzle, fault: str) -> Response:
    """RFC 9457 problem details with the puzzle as `challenge`; `fault`: what was wrong with the
    solution that came with the request."""
    told = f"The solution was not accepted: {fault}. {_DETAIL}" if fault else _DETAIL
    body = msgspec.json.encode(
        {
            "type": "about:blank",
            "title": HTTPStatus.FORBIDDEN.phrase,
            "status": 403,
            "detail": told,
            "challenge": puzzle,
        }
    )
    return own_answer(403, b"application/problem+json", body, NO_STORE)


def own_answer(status: int, media: bytes, body: bytes, fields: Fields = ()) -> Response:
    head = ((b"content-type", media), (b"content-length", b"%d" % len(body)), *fields)
    return Response(status, Headers(head), Body(body, len(body)), ours=True)


def wants_page(request: Request) -> bool:
    """Does a person look at the answer? Browsers say so of what they navigate to (Fetch metadata);
    older ones by what they accept."""
    mode = request.headers.get(b"sec-fetch-mode")
    return mode in (None, "navigate") and "text/html" in (request.headers.get(b"accept") or "")
