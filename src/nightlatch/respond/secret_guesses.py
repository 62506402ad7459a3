"""Tries common secrets on tokens, in a thread of its own that hurries nobody.

Once for each secret, as its tokens name it; a second of computing is spread over several, in steps
of a fraction of a millisecond, so that no request waits for the interpreter.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from queue import Empty, Full, Queue
from threading import Event, Thread

from msgspec import Struct

from nightlatch.faults import guarded
from nightlatch.identity.proofs import SecretName
from nightlatch.identity.weak_secrets import Guess, guess

log = logging.getLogger("nightlatch")

CAPACITY = 256
"""Secrets of which is remembered that they were tried; the oldest goes first, to be tried again."""
WAITING = 16
"""Tokens that may wait to be tried; more are dropped, and come back with the next request."""
STEP = 256
"""Words between two pauses: half a millisecond."""
PAUSE = 0.002
"""Seconds."""
REST = 10.0
"""Seconds between two tokens: an issuer that names a new key in each of them shall not keep a tenth
of a processor busy for ever."""
AGAIN = 86_400.0
"""Seconds after which a weak secret that is still in use is told of once more."""

Words = Callable[[], Iterable[bytes]]


class _Tried(Struct):
    found: Guess | None = None
    told: float | None = None
    """When people were last told of it."""


class SecretGuesses:
    """`wants`, `take` and `told` are for one thread; the trying is done in another."""

    def __init__(
        self, words: Words, pause: Callable[[], None] | None = None, rest: float = REST
    ) -> None:
        """`words` is asked for them anew each time, so that they need not be kept."""
        self._words = words
        self._pause = pause or _sleep
        self._rest = rest
        self._tried: dict[SecretName, _Tried] = {}
        self.after_fork()

    def after_fork(self) -> None:
        """Begin anew: a child has no thread, and its parent's locks may be held for ever."""
        self._stopped = Event()
        self._waiting: Queue[tuple[SecretName, str]] = Queue(WAITING)
        self._pending: set[SecretName] = set()
        self._thread: Thread | None = None

    def wants(self, name: SecretName) -> bool:
        return name not in self._tried and name not in self._pending

    def take(self, name: SecretName, token: str) -> None:
        self._pending.add(name)
        try:
            self._waiting.put_nowait((name, token))
        except Full:
            self._pending.discard(name)
            return
        if self._thread is None:
            self._thread = Thread(target=self._run, name="nightlatch-secrets", daemon=True)
            self._thread.start()

    def told(self, name: SecretName, now: float) -> str:
        """At once, then every `AGAIN` seconds."""
        tried = self._tried.get(name)
        if tried is None or tried.found is None:
            return ""
        if tried.told is not None and 0 <= now - tried.told < AGAIN:
            return ""
        tried.told = now
        return in_words(name, tried.found)

    def close(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                name, token = self._waiting.get(timeout=1.0)
            except Empty:
                continue
            found = None
            with guarded("respond.secret_guesses"):
                found = self._try(token)
            self._remember(name, found)
            self._stopped.wait(self._rest)

    def _try(self, token: str) -> Guess | None:
        try:
            return guess(token, self._paced())
        except OSError as error:
            log.error(
                "The file of secrets to try cannot be read, and none of its words is tried; "
                "correct NIGHTLATCH_TOKENS_WORDS or the file: %s",
                error,
            )
            return None

    def _paced(self) -> Iterator[bytes]:
        for number, word in enumerate(self._words()):
            if number % STEP == 0:
                if self._stopped.is_set():
                    return
                self._pause()
            yield word

    def _remember(self, name: SecretName, found: Guess | None) -> None:
        if len(self._tried) >= CAPACITY:
            del self._tried[next(iter(self._tried))]
        self._tried[name] = _Tried(found)
        self._pending.discard(name)
        if found is not None:
            log.error(
                "%s. Change it now, and end all tokens that it signed.", in_words(name, found)
            )


def in_words(name: SecretName, found: Guess) -> str:
    """Never which secret it is."""
    size = "nothing at all" if not found.length else f"{found.length} bytes"
    return (
        f"{name} are signed with a guessable secret: {size}, number {found.rank:,} in a list of "
        "common ones"
    )


def _sleep() -> None:
    time.sleep(PAUSE)
