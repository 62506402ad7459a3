"""Where challenges are met: solutions become passes, and the paths under `/.nightlatch/` answer.

A solution that comes with a request is taken before the pipeline is asked, and the request goes on
with the pass it earned: no second round trip, and the pipeline knows of passes alone.
"""

from typing import Final
from urllib.parse import parse_qsl, quote

from msgspec import Struct
from msgspec.structs import replace

from nightlatch.capture.allowances import Fields, allowance_fields
from nightlatch.capture.challenge import (
    NO_STORE,
    SOLUTION,
    challenge_problem,
    own_answer,
    wants_page,
)
from nightlatch.capture.page import asset, challenge_page
from nightlatch.capture.ports import Receive, Scope
from nightlatch.capture.refusal import with_fields
from nightlatch.capture.requests import request_of
from nightlatch.exchange.exchange import Request, Response
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.judgement import Decision
from nightlatch.identity.address import TrustedProxies
from nightlatch.identity.passes import COOKIE, HEADER, Passes
from nightlatch.identity.puzzles import Puzzles
from nightlatch.identity.waiting import Wait, WaitingRoom, place_of

PREFIX: Final = "/.nightlatch/"
_IN_PATH: Final = "/:@!$&'(),;=~*+"
"""What stands in a path as it is (RFC 3986 section 3.3)."""
_MAX_FORM = 16_384
_NOTES: Final = {
    Wait.TOO_SOON: "That was a little early. Please wait until the time is up.",
    Wait.VOID: "That could not be accepted any more. Please wait once again.",
    Wait.CROWDED: "Many people are waiting at the moment. Please try again in a minute.",
}


class Admission(Struct, frozen=True):
    """What became of a solution: the fields that bring its sender the pass, or the fault."""

    fields: Fields = ()
    fault: str = ""


class Gate:
    def __init__(
        self, passes: Passes, puzzles: Puzzles, waiting: WaitingRoom, proxies: TrustedProxies
    ) -> None:
        self._passes = passes
        self._puzzles = puzzles
        self._waiting = waiting
        self._proxies = proxies

    def admit(self, request: Request, now: float) -> tuple[Request, Admission | None]:
        """The request as it goes on, with its pass if it brought a solution."""
        solution = request.headers.get(SOLUTION)
        if solution is None:
            return request, None
        redeemed = self._puzzles.redeem(solution, now)
        if redeemed.fault is not None:
            return request, Admission(fault=redeemed.fault)
        token = self._passes.grant(now, redeemed.name)
        kept = [field for field in request.headers.raw if field[0] != HEADER]
        headers = Headers((*kept, (HEADER, token.encode())))
        fields = self._pass_fields(token, request)
        return replace(request, headers=headers), Admission(_shown(fields, request))

    def challenge(
        self,
        scope: Scope,
        request: Request,
        decision: Decision,
        admission: Admission | None,
        now: float,
    ) -> Response:
        """The answer to a request that is challenged."""
        if scope["type"] == "http" and wants_page(request):
            answer = self._page(scope, request, _address_bar(scope), "", decision.price, now)
        else:
            puzzle = self._puzzles.create(decision.price, now)
            answer = challenge_problem(puzzle, admission.fault if admission else "")
        if decision.allowances:
            return with_fields(answer, allowance_fields(decision.allowances))
        return answer

    def owns(self, scope: Scope) -> bool:
        """Is the request for one of our own paths?"""
        path: str = scope["path"]
        return PREFIX in path and path.startswith((PREFIX, _base(scope)))

    async def answer(self, scope: Scope, receive: Receive, now: float) -> Response:
        """To a request for one of our own paths."""
        request = request_of(scope)
        name = request.path.rpartition(PREFIX)[2]
        if name == "pass":
            if request.method != "POST":
                return _plain(405, (b"allow", b"POST"))
            form = await _form(receive)
            return self._give_pass(scope, request, form, now)
        if request.method not in ("GET", "HEAD"):
            return _plain(405, (b"allow", b"GET, HEAD"))
        packed = "gzip" in (request.headers.get(b"accept-encoding") or "")
        return asset(name, packed=packed) or _plain(404)

    def _give_pass(
        self, scope: Scope, request: Request, form: dict[str, str], now: float
    ) -> Response:
        """For a solution, or for having waited."""
        to = _local(form.get("to", ""))
        page = wants_page(request)
        ticket = form.get("ticket")
        if ticket is None:
            redeemed = self._puzzles.redeem(form.get("solution", ""), now)
            if redeemed.fault is None:
                return self._welcome(request, self._passes.grant(now, redeemed.name), to, page=page)
            if not page:
                return challenge_problem(self._puzzles.create(0, now), redeemed.fault)
            return self._page(scope, request, to, "That did not work. Here is another.", 0, now)
        outcome = self._waiting.show(ticket, self._place(request), now)
        if outcome is Wait.OVER:
            return self._welcome(request, self._passes.grant(now), to, page=page)
        # Too early or too crowded, the ticket is still good.
        kept = "" if outcome is Wait.VOID else ticket
        return self._page(scope, request, to, _NOTES[outcome], 0, now, kept)

    def _welcome(self, request: Request, token: str, to: str, *, page: bool) -> Response:
        fields = (*self._pass_fields(token, request), *NO_STORE)
        if page:
            return _plain(303, (b"location", to.encode()), *fields)
        return _plain(204, *fields)

    def _page(
        self,
        scope: Scope,
        request: Request,
        to: str,
        note: str,
        price: int,
        now: float,
        ticket: str = "",
    ) -> Response:
        waiting = self._waiting
        if waiting.open and not ticket:
            ticket = waiting.ticket(self._place(request), now)
        puzzle = self._puzzles.create(price, now)
        base = quote(_base(scope), safe=_IN_PATH).rstrip("/")
        return challenge_page(base, puzzle, to, ticket, waiting.wait, note)

    def _place(self, request: Request) -> str:
        return place_of(self._proxies.client(request.peer, request.headers))

    def _pass_fields(self, token: str, request: Request) -> Fields:
        scheme = self._proxies.scheme(request.peer, request.headers, request.scheme)
        cookie = f"{COOKIE}={token}; Path=/; Max-Age={self._passes.lifetime}; HttpOnly"
        secure = "; Secure" if scheme in ("https", "wss") else ""
        return (
            (HEADER, token.encode()),
            (b"set-cookie", f"{cookie}; SameSite=Lax{secure}".encode()),
        )


def _shown(fields: Fields, request: Request) -> Fields:
    """With what keeps a cache from handing the pass to others, and lets a page of another origin
    read it."""
    shown = (*fields, (b"cache-control", b"no-store"))
    if b"origin" in request.headers:
        return (*shown, (b"access-control-expose-headers", b"Nightlatch-Pass"))
    return shown


def _base(scope: Scope) -> str:
    """Our paths, where the application is mounted or stands behind a prefix."""
    root: str = scope.get("root_path") or ""
    return root.rstrip("/") + PREFIX


def _address_bar(scope: Scope) -> str:
    """The path and query that the browser asked for; of a request that cannot be repeated by going
    there it is still the best place to start again."""
    root = quote((scope.get("root_path") or "").rstrip("/"), safe=_IN_PATH)
    # As it was sent: an escaped slash is another address than a slash.
    raw = scope.get("raw_path")
    path = raw.decode("latin-1") if raw else quote(scope["path"], safe=_IN_PATH)
    full = path if path.startswith(root) else root + path
    query: str = scope.get("query_string", b"").decode("latin-1")
    return _local(full + (f"?{query}" if query else ""))


def _local(to: str) -> str:
    """A path of this site, and nothing that a browser could take for another's address."""
    plain = to.isascii() and to.isprintable() and not to.startswith(("//", "/\\"))
    return to if plain and to.startswith("/") and len(to) <= _MAX_FORM // 2 else "/"


async def _form(receive: Receive) -> dict[str, str]:
    """The fields of a posted form; of one that is too large none."""
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return {}
        body += message.get("body", b"")
        if len(body) > _MAX_FORM:
            return {}
        more = message.get("more_body", False)
    try:
        return dict(parse_qsl(body.decode("latin-1"), max_num_fields=8))
    except ValueError:
        return {}


def _plain(status: int, *fields: tuple[bytes, bytes]) -> Response:
    return own_answer(status, b"text/plain; charset=utf-8", b"", fields)
