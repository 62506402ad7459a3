"""What is asked of Redis: commands, scripts, and where their answers go."""

import hashlib
import time
from collections.abc import Callable
from threading import Lock
from typing import Any

import hiredis
from msgspec import Struct

from nightlatch.store.ports import StoreFailed

Word = str | int | float | bytes
Answer = Any
"""bytes, int, None, a list of answers, or, as values, a Refusal or a StoreFailed."""

_ADVICE = {
    "OOM": "it is full: raise its maxmemory, or set its maxmemory-policy to volatile-ttl",
    "READONLY": "it is a read-only replica: point counters.url to the primary",
    "MISCONF": "it cannot write to its disk, and takes no writes until it can",
    "LOADING": "it is still loading its data",
    "MASTERDOWN": "its primary is gone",
    "CLUSTERDOWN": "some of the cluster's slots have no server",
    "NOAUTH": "it wants a password: set counters.password",
    "WRONGPASS": "the user or password is wrong: correct counters.url and counters.password",
    "NOPERM": "the user may not run the commands that counters need",
    "BUSY": "a script of somebody's keeps it busy",
}


class Refusal(Exception):
    """An error that Redis answered; handed on as a value."""

    @property
    def code(self) -> str:
        """Its first word: "MOVED", "OOM"."""
        return str(self).partition(" ")[0]

    @property
    def failure(self) -> StoreFailed:
        """In words that say what to do."""
        advice = _ADVICE.get(self.code)
        return StoreFailed(f"Redis: {advice} ({self})" if advice else f"Redis: {self}")


class Script:
    """A Lua script that runs as one step."""

    __slots__ = ("sha", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self.sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest().encode()


class Question(Struct, gc=False):
    """One command under way, settled exactly once: with the answer, or with what went wrong."""

    payload: bytes
    """As it is sent."""
    on_answer: Callable[[Answer], None]
    due: float
    """By the monotonic clock."""
    script: Script | None = None
    """With `words`, for a server that does not know it yet."""
    words: tuple[Word, ...] = ()
    settled: bool = False
    abandoned: bool = False
    """Its caller stopped waiting before anybody else saw that it is late."""
    hops: int = 0
    """How often it was sent elsewhere."""
    asking: bool = False
    """A slot is on the move: the next server must be told that we know."""
    skip: int = 0
    """Answers that come before its own and mean nothing."""

    def settle(self, answer: Answer) -> None:
        if not self.settled:
            self.settled = True
            self.on_answer(answer)

    def unpack_script(self) -> bool:
        """Turn EVALSHA into EVAL; False when it is no script, or is spelled out already."""
        if self.script is None:
            return False
        self.payload = pack("EVAL", self.script.source, *self.words)
        self.script = None
        return True


class Waiting:
    """Somebody who waits for one answer."""

    __slots__ = ("_answer", "_lock")

    def __init__(self) -> None:
        self._lock = Lock()
        self._lock.acquire()
        self._answer: Answer = None

    def take(self, answer: Answer) -> None:
        self._answer = answer
        self._lock.release()

    def wait(self, question: Question) -> Answer:
        """Until it is settled or due. Raises StoreFailed, for a Refusal too."""
        if not self._lock.acquire(timeout=max(0.0, question.due - time.monotonic())):
            question.abandoned = True
            question.settled = True
            raise StoreFailed("Redis did not answer in time")
        answer = self._answer
        if isinstance(answer, Exception):
            raise answer.failure if isinstance(answer, Refusal) else answer
        return answer


def pack(*words: Word) -> bytes:
    """As the protocol writes a command (RESP 2)."""
    packed: bytes = hiredis.pack_command(words)  # type: ignore[arg-type]
    return packed


def run_script(
    script: Script,
    keys: int,
    words: tuple[Word, ...],
    on_answer: Callable[[Answer], None],
    due: float,
) -> Question:
    """`words`: so many `keys`, then the arguments."""
    spelled = (keys, *words)
    return Question(pack(b"EVALSHA", script.sha, *spelled), on_answer, due, script, spelled)
