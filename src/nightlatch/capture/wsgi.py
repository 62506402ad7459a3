"""The WSGI middleware (PEP 3333): watches each exchange and carries the pipeline's decisions out.

Without a decision that withholds or alters, the server gets what the application gave: status line,
header list and every piece of the body, as it is made (what is held, and how long, `hold` says);
files that were wrapped for the server to send go to it as they are. A fault of ours leaves the
application alone (`fail="open"`) or answers 503 (`fail="closed"`).
"""

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Unpack

from nightlatch.capture.environ import Environ, StartResponse, WsgiApplication, scope_of
from nightlatch.capture.frameworks.werkzeug import served_by_wsgi
from nightlatch.capture.hold import AWAITED, HELD, OPEN
from nightlatch.capture.pieces import END, Passing, Whole, close, piece_of
from nightlatch.capture.ports import F, Inline, Message, Scope
from nightlatch.capture.refusal import as_messages, problem
from nightlatch.capture.served import NOTHING_KNOWN, Served
from nightlatch.capture.setup import Limits
from nightlatch.capture.threads import Threaded
from nightlatch.capture.uploads import Upload, declared_length, read_form
from nightlatch.capture.watching import StreamCut, Watching
from nightlatch.exchange.exchange import Response

if TYPE_CHECKING:
    from nightlatch.capture.gate import Gate

log = logging.getLogger("nightlatch")

_JOINED = 1 << 20
"""Bytes of an answer that came in one list, up to which it is judged as the whole that it is."""
_FILE_SENT: Message = {"type": "http.response.zerocopysend"}
_GIVEN = "nightlatch.given"
"""Beside a head: its fields in bytes, the status line and the fields as the application gave them;
so that a head that was not altered leaves as it came."""


class WsgiCapture(Threaded[F]):
    """Middleware: `app = WsgiCapture(app, inline)`; for one thread or many."""

    def __init__(self, app: WsgiApplication, inline: Inline[F], **limits: Unpack[Limits]) -> None:
        super().__init__(inline, **limits)
        self.app = app

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        scope = scope_of(environ)
        gate = self.inline.gate
        if gate is not None and gate.owns(scope):
            return self._serve(gate, scope, environ, start_response)
        exchange = _WsgiExchange(self, scope, environ, start_response)
        with self.lock:
            refused = exchange.open()
        if refused is not None:
            return exchange.refuse(refused)
        if exchange.blind:
            return self.app(environ, start_response)
        return exchange.run(self.app)

    def _serve(
        self, gate: "Gate", scope: Scope, environ: Environ, start_response: StartResponse
    ) -> list[bytes]:
        """A path of ours, which is no exchange of the application."""
        try:
            form = read_form(environ)
            with self.lock:
                answer = answer_at_once(gate, scope, form, self.clock())
        except Exception as error:  # noqa: BLE001
            self.fault("capture.gate", error)
            answer = problem(503)
        head, body = as_messages(answer)
        start_response(*_as_given(head))
        return [body["body"]]


def answer_at_once(gate: "Gate", scope: Scope, form: bytes, now: float) -> Response:
    """The gate's answer; it waits for nothing but the form, which is here."""

    async def receive() -> Message:
        return {"type": "http.request", "body": form, "more_body": False}

    answering = gate.answer(scope, receive, now)
    try:
        answering.send(None)
    except StopIteration as done:
        response: Response = done.value
        return response
    raise RuntimeError("the gate waits for something that WSGI does not have")


class _WsgiExchange(Watching[F]):
    """One request and its answer. `start_response` and `write` are what the application gets."""

    __slots__ = ("_environ", "_instead", "_served", "_start", "_threads", "_write")

    def __init__(
        self, capture: WsgiCapture[F], scope: Scope, environ: Environ, start: StartResponse
    ) -> None:
        super().__init__(capture, scope)
        self._threads = capture
        self._environ = environ
        self._start = start
        self._write: Any = None
        """The server's own `write`, once it has the head."""
        self._instead: Sequence[Message] = ()
        """Our answer, if the application was refused while it read the request."""
        self._served = NOTHING_KNOWN
        """What the framework knew when it began to answer: Flask forgets it once it returns."""

    def refuse(self, response: Response) -> Iterable[bytes]:
        return Whole(self, self._emit(self.answer.withhold(response)))

    def run(self, app: WsgiApplication) -> Iterable[bytes]:
        environ = self._environ
        stream = environ.get("wsgi.input")
        if stream is not None:
            length = declared_length(environ.get("CONTENT_LENGTH"))
            environ["wsgi.input"] = Upload(stream, length, self._overhear)
        try:
            given = app(environ, self.start_response)
        except Exception as error:
            pieces, left = self.fail(error)
            if left is not None and not pieces:
                raise
            return Passing(self, (), pieces, left)
        except BaseException:
            self.gone = True
            self.end()
            raise
        return self._pass_on(given)

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Any:
        state = self.answer.state
        if state is AWAITED and self._write is None:
            self._begin(status, headers, exc_info)
        elif state is HELD and exc_info:
            self.take_back()
            self._begin(status, headers, exc_info)
        elif state is HELD:
            raise AssertionError("start_response was called again, and not to report an error")
        elif not self.over:
            # The server knows what of the first head has left already.
            try:
                self._write = self._start(status, headers, exc_info)
            finally:
                exc_info = None
        return self.write

    def write(self, data: bytes) -> None:
        for piece in self.proceed(piece_of(data)):
            self._write(piece)
        if self.cut:
            raise StreamCut

    def proceed(self, message: Message) -> list[bytes]:
        """The application has made this; what of the body the server is to get now."""
        messages = self._instead
        if not messages:
            with self._threads.lock:
                messages = self.take(message)
        self._instead = ()
        return self._emit(messages)

    def fail(self, error: Exception) -> tuple[list[bytes], Exception | None]:
        """The application raised: what is still to leave, and what the server is to hear of it."""
        if self._instead or self.barred:
            # It found the client gone while reading: that is our doing.
            return self.proceed(END), None
        messages: Sequence[Message] = ()
        covered: Sequence[Message] = ()
        with suppress(Exception), self._threads.lock:
            messages = self.let_go()
            covered = self.cover()
        if covered:
            log.error("The application raised; its caller was told nothing.", exc_info=error)
            return self._emit(covered), None
        # Of an answer without a body yet, no server has sent the head.
        left = any(message.get("body") for message in messages)
        pieces = self._emit(messages) if left else []
        self.end()
        return pieces, error

    def end(self) -> None:
        with self._threads.lock:
            self.finish()

    @property
    def over(self) -> bool:
        """Nothing of what the application still makes would leave."""
        return self.answer.swallows

    def _look(self) -> Served:
        now = served_by_wsgi(self._environ, self._root_path)
        return now if now.route is not None else self._served

    def _begin(self, status: str, headers: list[tuple[str, str]], exc_info: Any) -> None:
        try:
            head = _head_of(status, headers)
        except (AttributeError, TypeError, ValueError):
            # Not as PEP 3333 has it: the server will say so.
            self._write = self._start(status, headers, exc_info)
        else:
            self._served = served_by_wsgi(self._environ, self._root_path)
            self._emit(self._step(head))

    def _step(self, message: Message) -> Sequence[Message]:
        with self._threads.lock:
            return self.take(message)

    def _emit(self, messages: Sequence[Message]) -> list[bytes]:
        """Give the server the head, if it is among the messages; the pieces of the body."""
        if self.delay:
            self._threads.delays.wait_in_thread(self.take_delay())
        pieces = []
        for message in messages:
            if message["type"] == "http.response.start":
                self._write = self._start(*_as_given(message))
            elif message is not END:
                pieces.append(message["body"])
        return pieces

    def _pass_on(self, given: Iterable[bytes]) -> Iterable[bytes]:
        if self._instead:
            close(given)
            return Whole(self, self.proceed(END))
        if type(given) is list or type(given) is tuple:
            return self._pass_whole(given)
        wrapper = self._environ.get("wsgi.file_wrapper")
        if self.answer.state is OPEN and isinstance(wrapper, type) and isinstance(given, wrapper):
            return self._pass_file(given)
        return Passing(self, given)

    def _pass_whole(self, given: Sequence[bytes]) -> Iterable[bytes]:
        """All of it is there, so it is judged so; and servers ask how many pieces there are."""
        if not all(type(piece) is bytes for piece in given) or sum(map(len, given)) > _JOINED:
            return Passing(self, given)
        if not given:
            return Whole(self, self.proceed(END))
        joined = b"".join(given)
        pieces = self.proceed(piece_of(joined, more=False))
        unchanged = len(pieces) == 1 and pieces[0] is joined
        return Whole(self, given if unchanged else pieces)

    def _pass_file(self, given: Any) -> Iterable[bytes]:
        """A file that the server may send in its own way, which needs the very object."""
        try:
            given.close = partial(self._sent, getattr(given, "close", None))
        except AttributeError:
            self._sent(None)
        result: Iterable[bytes] = given
        return result

    def _sent(self, then: Any) -> None:
        self._step(_FILE_SENT)
        self.end()
        if then is not None:
            then()

    def _overhear(self, data: bytes, more: bool) -> None:  # noqa: FBT001
        if not self.barred:
            with self._threads.lock:
                self._instead = self.hear(data, more=more)
        if self.barred:
            raise StreamCut


def _head_of(status: str, headers: list[tuple[str, str]]) -> Message:
    """Raises ValueError, TypeError or AttributeError for what PEP 3333 does not allow."""
    fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return {
        "type": "http.response.start",
        "status": int(status[:3]),
        "headers": fields,
        _GIVEN: (fields, status, list(headers)),
    }


def _as_given(head: Message) -> tuple[str, list[tuple[str, str]]]:
    """Status line and fields for the server."""
    status, fields = head["status"], head["headers"]
    given = head.get(_GIVEN)
    if given is not None and fields == given[0]:
        return given[1], given[2]
    line = given[1] if given is not None else f"{status} {HTTPStatus(status).phrase}"
    return line, [(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields]
