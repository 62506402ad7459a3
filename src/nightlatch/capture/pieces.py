"""What a WSGI server iterates over instead of what the application returned."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from nightlatch.capture.ports import Message
from nightlatch.capture.watching import StreamCut

END: Message = {"type": "http.response.body", "body": b"", "more_body": False}
"""The application's iterable is exhausted."""


def piece_of(data: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": more}


class Exchanging(Protocol):
    """The exchange that the pieces belong to."""

    gone: bool

    @property
    def over(self) -> bool: ...

    @property
    def cut(self) -> bool: ...

    def proceed(self, message: Message) -> list[bytes]: ...

    def fail(self, error: Exception) -> tuple[list[bytes], Exception | None]: ...

    def end(self) -> None: ...


class Whole(list[bytes]):
    """All pieces at once, as a list: servers count them to know the answer's length."""

    __slots__ = ("_exchange", "_read")

    def __init__(self, exchange: Exchanging, pieces: Iterable[bytes]) -> None:
        super().__init__(pieces)
        self._exchange = exchange
        self._read = False

    def __iter__(self) -> Iterator[bytes]:
        yield from super().__iter__()
        self._read = True

    def close(self) -> None:
        self._exchange.gone = not self._read
        self._exchange.end()


class Passing:
    """Piece after piece, as the application makes them.

    `pieces` leave before those of `given`; `error` is raised behind them all.
    """

    __slots__ = ("_error", "_exchange", "_given", "_over", "_pieces", "_ready")

    def __init__(
        self,
        exchange: Exchanging,
        given: Iterable[bytes],
        pieces: Sequence[bytes] = (),
        error: Exception | None = None,
    ) -> None:
        self._exchange = exchange
        self._given = given
        self._pieces: Iterator[bytes] | None = None
        self._ready = deque(pieces)
        self._error = error
        self._over = given == ()
        """The application makes nothing more, or nothing that would leave."""

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        while not self._ready:
            if self._over:
                self._exchange.end()
                raise self._last_word()
            self._advance()
        return self._ready.popleft()

    def close(self) -> None:
        exchange = self._exchange
        # Not asked for the end: the server has lost its client, or its patience.
        exchange.gone = bool(self._ready) or not self._over
        try:
            close(self._given)
        finally:
            exchange.end()

    def _last_word(self) -> Exception:
        error, self._error = self._error, None
        return error or StopIteration()

    def _advance(self) -> None:
        exchange = self._exchange
        try:
            if self._pieces is None:
                self._pieces = iter(self._given)
            piece = next(self._pieces)
        except StopIteration:
            self._ready.extend(exchange.proceed(END))
            self._over = True
        except Exception as error:  # noqa: BLE001  # the application's; raised when its time comes
            pieces, self._error = exchange.fail(error)
            self._ready.extend(pieces)
            self._over = True
        else:
            self._ready.extend(exchange.proceed(piece_of(piece)))
            if exchange.over:
                self._over = True
                self._error = StreamCut() if exchange.cut else None


def close(given: Any) -> None:
    """As a server does it, whatever was returned."""
    if hasattr(given, "close"):
        given.close()
