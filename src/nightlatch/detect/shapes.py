"""Hit or miss: what the shape of an answer says of the identifier that was asked for.

A shape is (status, keys, types, and the few values that carry meaning). Each shape is judged once,
by what such answers mean by convention, and looked up from then on; shapes that convention leaves
open are judged against the other answers of the same endpoint once those are known.
"""

import re
from collections.abc import Mapping
from typing import Any

from nightlatch.exchange.content import Content, ContentKind

MAX_SHAPES = 64
"""Per endpoint; then all are learned afresh, so that an endpoint that answers differently every
time costs no memory."""
_MAX_KEYS = 24
_STABLE = 10
"""Answers after which a shape is compared with others."""

Shape = tuple[Any, ...]

_MISS_STATUSES = frozenset({404, 410, 422})
_UNPROCESSABLE = 422
"""A miss, and also what any malformed request is answered with."""
_TELLING = 3
"""Answers 404 or 410 after which an endpoint is known to say no by status."""
_HIT_STATUSES = frozenset({409})
"""Conflict: the account to be registered exists."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DENIALS = _words("""
    exists exist found isfound registered isregistered match matched known hasaccount accountexists
    userexists isuser isregistereduser onplatform success ok""")
"""Flags that are false for a miss."""
_POLITE = _words("success ok")
"""Those among them that are true for anything."""
_VACANCIES = _words("""
    available isavailable free unused notfound missing unknown unregistered isnew newuser""")
"""Flags that are true for a miss, false for a hit."""
_COUNTS = _words("count total totalcount matches size hits numfound")
_ERRORS = _words("error errors errorcode errormessage fault exception")
_CHATTER = _words("""
    message msg detail details title status type instance code requestid traceid timestamp path
    reason description success ok version""")
"""Keys that come with any answer and say nothing of anyone."""
_SPEAKING = _words("message msg detail details status code reason result") | _ERRORS
"""Keys whose text tells how the request went."""
_NEGATIVE = re.compile(
    r"\b(not|no|doesn t|does not|never) (found|exists?|registered|available|match(es)?|such|account"
    r"|user|results?|known)\b|\A(unknown|unregistered|missing|absent|none|nonexistent|inexistent)\Z"
)
_WORD_LIMIT = 60


def denied(fields: Mapping[str, Any]) -> bool | None:
    """What the flags among these fields say of existence: True when they deny it, False when they
    confirm it, None when there are none."""
    verdict = None
    for name, value in fields.items():
        flag = _flag(_plain(name), value)
        if flag:
            return True
        if flag is False:
            verdict = False
    return verdict


def _flag(plain: str, value: Any) -> bool | None:
    """Whether one field denies existence; None when it says nothing of it."""
    if value is True or value is False:
        if plain in _VACANCIES:
            return value
        if plain in _DENIALS:
            return None if value and plain in _POLITE else not value
        return None
    if plain in _ERRORS:
        return True if value else None
    if plain in _SPEAKING and type(value) is str:
        return True if len(value) <= _WORD_LIMIT and _negates(value) else None
    return None


class _Met:
    """One shape: how often it came (up to `_STABLE` and one), and what it says."""

    __slots__ = ("keys", "seen", "verdict")

    def __init__(self, verdict: bool | None, keys: int | None) -> None:  # noqa: FBT001
        self.verdict = verdict
        self.keys = keys
        """How many keys the answers have, where convention leaves their meaning open."""
        self.seen = 0


class Shapes:
    """The shapes of one endpoint's answers and what each says: hit, miss, or nothing.

    Text and HTML answers are told apart by status alone.
    """

    __slots__ = ("_met", "_status_misses")

    def __init__(self) -> None:
        self._met: dict[Shape, _Met] = {}
        self._status_misses = 0

    def read(self, status: int, content: Content) -> bool | None:
        """True for a hit, False for a miss, None when the answer says nothing about existence."""
        shape = shape_of(status, content)
        met = self._met.get(shape)
        if met is None:
            met = self._meet(shape, status, content)
        if met.seen <= _STABLE:
            met.seen += 1
            if met.seen > _STABLE:
                self._compare()
        return met.verdict

    def read_status(self, status: int) -> bool | None:
        """The same of an answer whose body cannot be seen: that one is a hit is known only where
        misses are told by status."""
        if status in _MISS_STATUSES:
            self._status_misses += status != _UNPROCESSABLE
            return False
        told = self._status_misses >= _TELLING and 200 <= status < 300
        return True if told or status in _HIT_STATUSES else None

    def _meet(self, shape: Shape, status: int, content: Content) -> _Met:
        if len(self._met) >= MAX_SHAPES:
            self._met.clear()
        verdict, certain = _judge(status, content)
        met = self._met[shape] = _Met(verdict, None if certain else len(content.leaves))
        return met

    def _compare(self) -> None:
        """Judge the open shapes against each other: of two that come often, the one with less than
        half of the other's keys is the miss; 204 is a hit where misses are 404."""
        often = [(shape[0], met) for shape, met in self._met.items() if met.seen > _STABLE]
        statuses = {status for status, _ in often}
        most = max((met.keys or 0 for _, met in often), default=0)
        for status, met in often:
            if met.keys is None:
                continue
            if status == 204:
                met.verdict = bool(statuses & {404, 410}) and 200 not in statuses
            else:
                met.verdict = met.keys * 2 >= most


def _judge(status: int, content: Content) -> tuple[bool | None, bool]:
    """What such an answer means by convention, and whether convention is certain."""
    if status in _MISS_STATUSES:
        return False, True
    if status in _HIT_STATUSES:
        return True, True
    if status == 204:
        return False, False
    if not 200 <= status < 300:
        return None, True
    if content.kind is not ContentKind.JSON:
        return True, True
    return _judge_value(content.value)


def _judge_value(value: Any) -> tuple[bool, bool]:
    if type(value) is not dict:
        return bool(value), True
    verdict = denied(value)
    if verdict is not None:
        return not verdict, True
    substance = [
        child
        for name, child in value.items()
        if _plain(name) not in _CHATTER and _plain(name) not in _ERRORS
    ]
    counts = [child for name, child in value.items() if _plain(name) in _COUNTS]
    if 0 in counts or (substance and not any(map(_says_something, substance))):
        return False, True
    nested = [child for child in substance if type(child) is dict]
    if len(nested) == 1:
        return _judge_value(nested[0])
    return bool(value), False


def _says_something(value: Any) -> bool:
    return value is not None and value not in ("", [], {})


def shape_of(status: int, content: Content) -> Shape:
    """What answers are grouped by: status, keys in order, types, and the few values that mean
    something. About 1 µs for a small object."""
    if content.kind is not ContentKind.JSON:
        return (status, content.kind)
    return (status, _outline("", content.value, 2))


def _outline(key: str, value: Any, depth: int) -> Any:
    """A value's part in the shape: its type, and the value itself where that means something."""
    kind = type(value)
    if kind is dict:
        if depth == 0 or len(value) > _MAX_KEYS:
            return "object" if value else "nothing"
        return _outline_object(value, depth - 1)
    if kind is list:
        return "list" if value else "nothing"
    if kind is str:
        return _outline_text(key, value)
    if kind is int or kind is float:
        return "number" if value or _plain(key) not in _COUNTS else "zero"
    return value


def _outline_object(members: dict[str, Any], depth: int) -> tuple[Any, ...]:
    """Its keys, and then a mark for each."""
    marks: list[Any] = []
    for key, child in members.items():
        # Most members are such texts: they are spared the call.
        if type(child) is str and child and key in _silent_names:
            marks.append("text")
        else:
            marks.append(_outline(key, child, depth))
    return (*members, *marks)


def _outline_text(key: str, text: str) -> str:
    if not text:
        return "nothing"
    speaking = len(text) <= _WORD_LIMIT and (not key or _plain(key) in _SPEAKING)
    return "no" if speaking and _negates(text) else "text"


_plain_names: dict[str, str] = {}
_silent_names: set[str] = set()
"""Those whose text does not speak."""
_CACHED = 4_096


def _plain(name: str) -> str:
    """`isRegistered`, `is_registered` and `is-registered` are one word."""
    plain = _plain_names.get(name)
    if plain is None:
        if len(_plain_names) >= _CACHED:
            _plain_names.clear()
            _silent_names.clear()
        plain = _plain_names[name] = re.sub(r"[^a-z]", "", name.lower())
        if plain not in _SPEAKING:
            _silent_names.add(name)
    return plain


_negations: dict[str, bool] = {}


def _negates(text: str) -> bool:
    """Whether a short text denies that something exists ("NOT_FOUND", "No such user")."""
    known = _negations.get(text)
    if known is None:
        if len(_negations) >= _CACHED:
            _negations.clear()
        words = re.sub(r"[^a-z]+", " ", text.lower()).strip()
        known = _negations[text] = _NEGATIVE.search(words) is not None
    return known
