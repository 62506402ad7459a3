"""The attack engine: request in, attacks out, each with its evidence in words.

Texts are proposed by patterns and judged by recognisers, round by round: first as they came, then
without their outermost encoding, and so on. Every bound that cuts something short is said.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from nightlatch.checks.attacks.clues import Clues
from nightlatch.checks.attacks.decoding import BASE64, CODED, JSON, TOKEN, unfold, unwrap
from nightlatch.checks.attacks.proposals import Proposals
from nightlatch.checks.attacks.recogniser import Recogniser, RequestRule
from nightlatch.checks.attacks.registry import RECOGNISERS, REQUEST_RULES
from nightlatch.checks.attacks.take_apart import left_out, take_apart
from nightlatch.checks.attacks.value import Attack, Value
from nightlatch.checks.attacks.values import Values
from nightlatch.exchange.content import Content, Leaf
from nightlatch.exchange.exchange import Request
from nightlatch.faults import FAULTS, raising

MAX_ROUNDS = 5
"""The request as it came, and four layers of encodings."""
MAX_VALUES = 6_000
MAX_CHARACTERS = 512 * 1024
"""Of all values of all rounds together: what a hostile request may cost at most."""
WINDOW = 8 * 1024
"""Characters that a recogniser gets at once; longer texts are read window by window."""
MAX_READ = 1024 * 1024
"""Characters that all recognisers together read of one request; of an ordinary one a few hundred.
Each reads a character in 0.02 to 0.2 µs: so this bounds what a hostile request costs."""
OVERLAP = 512
"""Characters that a window shares with the one before."""
MAX_CLEAN = 4_096
"""Header fields, paths and heads remembered as clean; when there are more, all are forgotten."""
LONGEST_CLEAN = 512
FEW_FIELDS = 4
"""Header fields of which a whole head is remembered."""

_PLAIN_PATH = re.compile(r"(?>(?:/\+?[\w.\-]*+)+)", re.ASCII)
_NUMBER = re.compile(r"\d+")

_WRAPPED = (rf"^(?:/|[^\n]{{0,64}}(?:base64,|basic ))?{BASE64}$", rf"^{JSON}", TOKEN)


class Inspection(Struct, frozen=True, gc=False):
    """What one request turned out to be."""

    attacks: tuple[Attack, ...] = ()
    unread: str = ""
    """What was not read because a bound was reached, in words; empty when all was."""


CLEAN = Inspection()


def _shape(request: Request) -> str:
    """The path of a request that has nothing else, its numbers left out; empty where it is not of
    plain names and numbers. What was clean with one number is clean with another: nothing that
    reckons or leads anywhere can be written so."""
    path = request.path
    if request.query or request.body.size or len(path) > LONGEST_CLEAN:
        return ""
    if ".." in path or not _PLAIN_PATH.fullmatch(path):
        return ""
    return _NUMBER.sub("0", path)


_Head = tuple[str, str, tuple[tuple[bytes, bytes], ...]]
"""Method, version and header fields: all of a plain request that rules judge."""


def _head(request: Request) -> _Head | None:
    """None where there are many fields: to remember them all would take much memory, and it is the
    lines of logs that come again with the same few."""
    raw = request.headers.raw
    return (request.method, request.http_version, raw) if len(raw) <= FEW_FIELDS else None


class _Budget:
    """What the recognisers may still read of one request."""

    __slots__ = ("exceeded", "left")

    def __init__(self) -> None:
        self.left = MAX_READ
        self.exceeded = ""
        """In words, once something was not read."""

    def has(self, text: str) -> bool:
        self.left -= len(text)
        if self.left < 0:
            self.exceeded = f"suspicious text beyond {MAX_READ >> 10} KB"
        return self.left >= 0


class AttackEngine:
    """Reads requests. One for a process; any number of threads may ask it."""

    def __init__(
        self,
        recognisers: Sequence[Recogniser] = RECOGNISERS,
        rules: Sequence[RequestRule] = REQUEST_RULES,
        cache: Path | None = None,
    ) -> None:
        self._recognisers = tuple(recognisers)
        self._rules = tuple(rules)
        groups = [recogniser.patterns for recogniser in recognisers]
        self._proposals = Proposals([*groups, _WRAPPED], cache)
        self._wrapped = 1 << len(groups)
        self._readers = self._wrapped - 1
        self._clean: set[tuple[bytes, bytes]] = set()
        self._clean_paths: set[str] = set()
        self._clean_heads: set[_Head] = set()

    @classmethod
    def open(cls, cache: Path | None) -> "AttackEngine":
        """The engine with everything it knows; its patterns compiled, from `cache` if they are."""
        return cls(cache=cache)

    def find(
        self, request: Request, query: tuple[Leaf, ...], content: Content
    ) -> tuple[Attack, ...]:
        """The attacks in a request; see `inspect`."""
        return self.inspect(request, query, content).attacks

    def inspect(self, request: Request, query: tuple[Leaf, ...], content: Content) -> Inspection:
        """Read a request. `query` and `content` are its own, read before. Never raises on input."""
        shape = _shape(request)
        plain = shape in self._clean_paths
        head = _head(request) if plain else None
        if head in self._clean_heads:
            return CLEAN
        clues = self._judged(request)
        if plain and self._clean.issuperset(request.headers.raw):
            if clues.any:
                return Inspection(tuple(clues.attacks()))
            self._remember_head(head)
            return CLEAN
        values = take_apart(request, query, content, self._clean)
        cut = left_out(request, query, content), self._rounds(values, clues)
        unread = " and ".join(filter(None, cut))
        if clues.any:
            return Inspection(tuple(clues.attacks()), unread)
        self._remember(request.headers.raw, shape)
        return Inspection(unread=unread) if unread else CLEAN

    def _judged(self, request: Request) -> Clues:
        """What the rules say of the request as a whole."""
        clues = Clues()
        for rule in self._rules:
            try:
                clue = rule.judge(request)
            except Exception as error:  # noqa: BLE001  # whatever it is, it is ours
                _note_fault(rule.check, error)
                continue
            if clue is not None:
                clues.keep(rule.check, clue, None)
        return clues

    def _rounds(self, values: Values, clues: Clues) -> str:
        """Read the values, then what was encoded in them; what was left unread, in words."""
        seen: set[tuple[str, str]] = set()
        budget = _Budget()
        left = MAX_CHARACTERS
        for _ in range(MAX_ROUNDS):
            number, unread = _affordable(values.texts, left)
            texts = values.texts[:number] if unread else values.texts
            left -= sum(map(len, texts))
            wrapped = self._read(texts, values, clues, budget)
            inner = list(_next_layer(texts, values, wrapped, seen))
            if unread or not inner:
                return unread or budget.exceeded
            values = Values(inner)
        return "values were encoded more than four times"

    def _read(self, texts: list[str], values: Values, clues: Clues, budget: _Budget) -> set[int]:
        """Let the recognisers read; the indexes of values with something wrapped up in them."""
        owners: Sequence[int] = range(len(texts))
        windows = texts
        if max(map(len, texts), default=0) > WINDOW:
            owners, windows = _windows(texts)
        wrapped = set()
        for index, groups in self._proposals.propose(windows).items():
            number = owners[index]
            if groups & self._wrapped:
                wrapped.add(number)
            self._ask(groups & self._readers, windows[index], values[number], clues, budget)
        return wrapped

    def _ask(self, groups: int, text: str, value: Value, clues: Clues, budget: _Budget) -> None:
        while groups:
            lowest = groups & -groups
            groups ^= lowest
            recogniser = self._recognisers[lowest.bit_length() - 1]
            if not clues.certain(recogniser.check) and budget.has(text):
                # A reader that breaks must not take the others, or the record, with it.
                try:
                    clue = recogniser.recognise(text, value)
                except Exception as error:  # noqa: BLE001
                    _note_fault(recogniser.check, error)
                    continue
                if clue is not None:
                    clues.keep(recogniser.check, clue, value)

    def _remember_head(self, head: _Head | None) -> None:
        if head is None:
            return
        if len(self._clean_heads) > MAX_CLEAN:
            self._clean_heads.clear()
        self._clean_heads.add(head)

    def _remember(self, headers: Iterable[tuple[bytes, bytes]], shape: str) -> None:
        if shape:
            if len(self._clean_paths) > MAX_CLEAN:
                self._clean_paths.clear()
            self._clean_paths.add(shape)
        clean = self._clean
        if len(clean) > MAX_CLEAN:
            clean.clear()
        for header in headers:
            if len(header[1]) <= LONGEST_CLEAN:
                clean.add(header)


def _note_fault(check: str, error: Exception) -> None:
    FAULTS.note(f"attacks.{check}", error)
    if raising():
        raise error


def _affordable(texts: list[str], left: int) -> tuple[int, str]:
    """How many of the texts the bounds allow to read, and what they leave out, in words."""
    if len(texts) <= MAX_VALUES and sum(map(len, texts)) <= left:
        return len(texts), ""
    number = 0
    for text in texts[:MAX_VALUES]:
        left -= len(text)
        if left < 0:
            break
        number += 1
    return number, f"{len(texts) - number} of the values, beyond {MAX_CHARACTERS >> 10} KB"


def _windows(texts: Iterable[str]) -> tuple[list[int], list[str]]:
    """The texts, long ones in several windows, and for each the number of its text."""
    owners, windows = [], []
    for number, text in enumerate(texts):
        step = WINDOW - OVERLAP if len(text) > WINDOW else WINDOW
        for start in range(0, max(len(text), 1), step):
            owners.append(number)
            windows.append(text[start : start + WINDOW])
    return owners, windows


def _next_layer(
    texts: list[str], values: Values, wrapped: set[int], seen: set[tuple[str, str]]
) -> Iterator[Value]:
    coded: set[int] = set()
    if CODED.search("\n".join(texts)):
        coded = {number for number, text in enumerate(texts) if CODED.search(text)}
    for number in sorted(coded | wrapped):
        value = values[number]
        inner = list(unwrap(value)) if number in wrapped else []
        if number in coded and (unfolded := unfold(value)) is not None:
            inner.append(unfolded)
        for decoded in inner:
            key = (decoded.name, decoded.text)
            if decoded.text and key not in seen:
                seen.add(key)
                yield decoded
