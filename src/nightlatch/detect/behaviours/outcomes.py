"""Did the attempt open the account? What an endpoint's answers say, learned where the status is
mute.

401 and its like say no by themselves. Where success and failure both answer 200 (or 302), each
shape of answer is judged once: a token in it, a flag, an error's words; and what that leaves open
is judged against the endpoint's other answers: of two, the one that sets a session cookie is the
success.
"""

import re
from typing import Any

from nightlatch.detect.shapes import Shape, shape_of
from nightlatch.exchange.content import Content, ContentKind
from nightlatch.exchange.credential import CredentialKind
from nightlatch.exchange.exchange import Response
from nightlatch.exchange.names import name_words, word_set
from nightlatch.identity.credential_names import cookie_kind

MAX_SHAPES = 64
"""Per endpoint; then all are learned afresh."""
MAX_TEXT = 8_192
"""Bytes of a page in which words of failure are looked for."""
_SHORTEST_TOKEN = 16

FAILED = frozenset({400, 401, 403, 404, 410, 422, 423})
"""400 is what RFC 6749 (5.2) answers to a wrong password, 423 to a locked account."""

_TOKENS = word_set("token tokens jwt session sessionid ticket credential credentials apikey sid")
_FLAGS = word_set("""
    success ok authenticated valid isvalid verified isverified loggedin login matched match correct
    approved authorized granted accepted""")
_ERRORS = word_set("error errors errorcode errormessage fault exception failure")
_SPEAKING = word_set("message msg detail details status result reason title description") | _ERRORS
_REFUSALS = re.compile(
    r"invalid|incorrect|wrong|fail|denied|mismatch|not match|unauthori[sz]ed|bad credentials"
    r"|unknown|not found|no such|locked|expired|try again|doesn.?t exist|not exist|rejected"
    r"|forbidden|\berror\b|nicht korrekt|falsch|incorrecto|inv[aá]lid",
    re.IGNORECASE,
)
_PASSWORD_INPUT = re.compile(rb"type=[\"']?password", re.IGNORECASE)
_TURNED_AWAY = re.compile(r"log-?in|sign-?in|error|fail|denied|invalid|auth", re.IGNORECASE)


class _Met:
    """One shape of answers: what it says by itself, and whether it sets a session."""

    __slots__ = ("opens", "verdict")

    def __init__(self, verdict: bool | None, *, opens: bool) -> None:  # noqa: FBT001
        self.verdict = verdict
        self.opens = opens


class Outcomes:
    """What the answers of one endpoint mean. Used by one thread."""

    __slots__ = ("_bare", "_failure_known", "_met", "_success_known")

    def __init__(self) -> None:
        self._met: dict[tuple[Shape, str], _Met] = {}
        self._failure_known = False
        self._success_known = False
        self._bare = False
        """Some answer sets no session."""

    def read(self, answer: Response, content: Content) -> bool | None:
        """True: the account was opened, False: it was not, None: the answer does not say (yet).
        0.1 µs for what the status says, 3 µs for a shape seen before."""
        status = answer.status
        if status in FAILED:
            self._failure_known = self._bare = True
            return False
        if not 200 <= status < 400:
            return None
        mark = _cookie_and_place(answer)
        shape = (shape_of(status, content), mark)
        met = self._met.get(shape)
        if met is None:
            met = self._meet(shape, answer, content)
        return met.verdict if met.verdict is not None else self._compared(met)

    def _meet(self, shape: tuple[Shape, str], answer: Response, content: Content) -> _Met:
        if len(self._met) >= MAX_SHAPES:
            self._met.clear()
        opens = shape[1].startswith("session")
        verdict = _judge(answer, content)
        met = self._met[shape] = _Met(verdict, opens=opens)
        self._failure_known = self._failure_known or verdict is False
        self._success_known = self._success_known or verdict is True
        self._bare = self._bare or not opens
        return met

    def _compared(self, met: _Met) -> bool | None:
        """An open shape against what else the endpoint answers."""
        if met.opens and self._bare:
            return True
        if any(other.opens for other in self._met.values()):
            return False if not met.opens else None
        if self._success_known is self._failure_known:
            return None
        return self._failure_known


def _judge(answer: Response, content: Content) -> bool | None:
    """What an answer says without the others."""
    if 300 <= answer.status < 400:
        place = answer.headers.get(b"location") or ""
        return False if _TURNED_AWAY.search(place) else None
    if content.kind is ContentKind.JSON:
        return _judge_value(content.value, 2)
    if content.kind is ContentKind.TEXT:
        page = answer.body.data[:MAX_TEXT]
        if _PASSWORD_INPUT.search(page):
            return False
        return False if _REFUSALS.search(page.decode("latin-1")) else None
    return None


def _judge_value(value: Any, depth: int) -> bool | None:
    if value is True or value is False:
        return bool(value)
    if type(value) is not dict:
        return None
    verdict = None
    for name, child in value.items():
        said = _judge_member("".join(name_words(name)), name_words(name)[-1:], child)
        if said is None and type(child) is dict and depth > 1:
            said = _judge_value(child, depth - 1)
        if said is False:
            return False
        verdict = verdict or said
    return verdict


def _judge_member(joined: str, last: tuple[str, ...], child: Any) -> bool | None:
    if type(child) is bool:
        return child if joined in _FLAGS else None
    if joined in _ERRORS:
        return False if child else None
    if type(child) is not str:
        return None
    if len(child) >= _SHORTEST_TOKEN and last and last[0] in _TOKENS and " " not in child:
        return True
    return False if joined in _SPEAKING and _REFUSALS.search(child) else None


def _cookie_and_place(answer: Response) -> str:
    """Whether the answer sets a session, and of a redirection where to, without its parameters."""
    mark = ""
    for name, value in answer.headers.raw:
        if name == b"set-cookie" and _is_session(value):
            mark = "session"
    if answer.status >= 300:
        place = answer.headers.get(b"location") or ""
        errors = "?error" if _TURNED_AWAY.search(place.partition("?")[2]) else ""
        mark = f"{mark} {place.partition('?')[0][:128]}{errors}"
    return mark


def _is_session(cookie: bytes) -> bool:
    """A session's cookie that is set, not one that is taken back."""
    name, _, value = cookie.partition(b";")[0].decode("latin-1").partition("=")
    if len(value) < _SHORTEST_TOKEN:
        return False
    kind = cookie_kind(name.strip().lower())
    return kind is not None and kind is not CredentialKind.OTHER
