"""Django, sync and async: watched where it has its own words for requests and answers.

As a middleware we see the route and the user, under WSGI and under ASGI alike. Answers are judged
as `HttpResponse` objects: one that may leave goes on as the very object, files included; of a
stream each piece is judged before it follows.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Any

from nightlatch.capture.environ import scope_of
from nightlatch.capture.frameworks.templates import plain_template
from nightlatch.capture.hold import HELD, OPEN
from nightlatch.capture.pieces import END, piece_of
from nightlatch.capture.ports import F, Message, Scope
from nightlatch.capture.refusal import as_messages, problem
from nightlatch.capture.served import PRINCIPAL, Served, principal_of
from nightlatch.capture.threads import Threaded
from nightlatch.capture.uploads import MAX_FORM, Upload, declared_length
from nightlatch.capture.watching import StreamCut, Watching
from nightlatch.capture.wsgi import answer_at_once

_GIVEN = "nightlatch.given"
"""Beside a head: its fields as the view gave them."""
_FILE_SENT: Message = {"type": "http.response.zerocopysend"}


class DjangoCapture(Threaded[F]):
    """Watches one Django handler's requests."""

    def run(self, request: Any, get_response: Callable[[Any], Any]) -> Any:
        exchange = DjangoExchange(self, request)
        answer = exchange.begin()
        if answer is not None:
            return answer
        if exchange.blind:
            return get_response(request)
        exchange.overhear()
        try:
            given = get_response(request)
        except BaseException:
            exchange.end()
            raise
        messages = exchange.first(given)
        if exchange.waits():
            pieces = iter(given.streaming_content)
            while exchange.waits():
                messages = exchange.next(next(pieces, None))
            given.streaming_content = pieces
        if exchange.delay:
            self.delays.wait_in_thread(exchange.take_delay())
        return exchange.leave(given, messages)

    async def run_async(self, request: Any, get_response: Callable[[Any], Awaitable[Any]]) -> Any:
        exchange = DjangoExchange(self, request)
        answer = exchange.begin()
        if answer is not None:
            return answer
        if exchange.blind:
            return await get_response(request)
        exchange.overhear()
        try:
            given = await get_response(request)
        except BaseException as error:
            exchange.gone = not isinstance(error, Exception)
            exchange.end()
            raise
        messages = exchange.first(given)
        if exchange.waits():
            pieces, following = _read_along(given)
            while exchange.waits():
                messages = exchange.next(await following())
            given.streaming_content = pieces
        if exchange.delay:
            await self.delays.wait(exchange.take_delay())
        return exchange.leave(given, messages)


class DjangoExchange(Watching[F]):
    """One request and its answer."""

    __slots__ = ("_asked", "_instead", "_threads")

    def __init__(self, capture: Threaded[F], request: Any) -> None:
        # Of ASGI its scope, of WSGI the environ.
        scope: Scope | None = getattr(request, "scope", None)
        super().__init__(capture, scope_of(request.META) if scope is None else scope)
        self._threads = capture
        self._asked = request
        self._instead: Sequence[Message] = ()
        """Our answer, if the view was refused while it read the request."""

    def begin(self) -> Any:
        """Our answer, if the view is not to be asked; else None."""
        gate = self._capture.inline.gate
        if gate is not None and gate.owns(self._scope):
            return self._serve(gate)
        with self._threads.lock:
            refused = self.open()
            if refused is None:
                return None
            messages = self.answer.withhold(refused)
        return self._closing(_made_of(messages))

    def overhear(self) -> None:
        """Hear what the view reads of the body; nobody reads it for us."""
        stream = getattr(self._asked, "_stream", None)
        if stream is not None:
            length = declared_length(self._asked.META.get("CONTENT_LENGTH"))
            self._asked._stream = Upload(stream, length, self._overhear)  # noqa: SLF001

    def first(self, given: Any) -> Sequence[Message]:
        """The head of the view's answer, and all of its body if that is there; what may leave."""
        if self._instead:
            return self._instead
        messages = list(self._step(_head_of(given)))
        if not given.streaming:
            messages.extend(self._step(piece_of(given.content, more=False)))
        return messages

    def waits(self) -> bool:
        """More of a stream is needed before anything may leave."""
        return self.answer.state is HELD

    def next(self, piece: bytes | None) -> Sequence[Message]:
        """The next piece of a stream, None for its end; what may leave."""
        messages = self._step(END if piece is None else piece_of(piece))
        if self.cut:
            raise StreamCut
        return messages

    def leave(self, given: Any, messages: Sequence[Message]) -> Any:
        """What is returned to Django: the view's answer, or ours instead of it."""
        if self.answer.swallows:
            return self._closing(_made_of(messages), given)
        head, *rest = messages
        if head["headers"] != head.get(_GIVEN):
            _take_over(given, head["headers"])
        pieces = [message["body"] for message in rest if message is not END]
        if not given.streaming:
            body = b"".join(pieces)
            if body != given.content:
                given.content = body
        elif self.answer.state is not OPEN:
            passing = self._pass_async if given.is_async else self._pass
            given.streaming_content = passing(pieces, given.streaming_content)
        return self._closing(given)

    def end(self) -> None:
        with self._threads.lock:
            self.finish()

    def _serve(self, gate: Any) -> Any:
        """A path of ours, which is no exchange of the application."""
        try:
            form = self._asked.read(MAX_FORM + 1)
            with self._threads.lock:
                answer = answer_at_once(gate, self._scope, form, self._capture.clock())
        except Exception as error:  # noqa: BLE001
            self._capture.fault("capture.gate", error)
            answer = problem(503)
        return _made_of(as_messages(answer))

    def _pass(self, pieces: Sequence[bytes], rest: Iterator[bytes]) -> Iterator[bytes]:
        yield from pieces
        if self.answer.complete:
            return
        try:
            for piece in rest:
                yield from _bodies(self.next(piece))
        except Exception:
            self.end()
            raise
        yield from _bodies(self.next(None))

    async def _pass_async(
        self, pieces: Sequence[bytes], rest: AsyncIterator[bytes]
    ) -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece
        if self.answer.complete:
            return
        try:
            async for piece in rest:
                for passed in _bodies(self.next(piece)):
                    yield passed
        except Exception:
            self.end()
            raise
        for passed in _bodies(self.next(None)):
            yield passed

    def _step(self, message: Message) -> Sequence[Message]:
        with self._threads.lock:
            return self.take(message)

    def _overhear(self, data: bytes, more: bool) -> None:  # noqa: FBT001
        if not self.barred:
            with self._threads.lock:
                self._instead = self.hear(data, more=more)
        if self.barred:
            raise StreamCut

    def _closing(self, response: Any, instead_of: Any = None) -> Any:
        """The same, which tells us when it is closed, and closes what it stands for."""
        closers = response._resource_closers  # noqa: SLF001  # what Django's own streams use
        if instead_of is not None:
            closers.extend(instead_of._resource_closers)  # noqa: SLF001
        closers.append(self._sent)
        return response

    def _sent(self) -> None:
        """Django has closed the answer: it has left, or there is nobody any more to send it to."""
        if not self.answer.complete:
            if self.answer.state is OPEN:
                self._step(_FILE_SENT)
            else:
                self.gone = True
        self.end()

    def _look(self) -> Served:
        request = self._asked
        principal = self._scope.get(PRINCIPAL) or principal_of(_known_user(request))
        match = request.resolver_match
        if match is None:
            return Served(None, principal)
        template = plain_template(match.route, match.kwargs, request.path, self._root_path)
        return Served(template, principal, match.func)


def _known_user(request: Any) -> Any:
    """The user, if the view or a middleware has looked who it is; nobody is looked up for us."""
    user = vars(request).get("user")
    if user is None or not hasattr(user, "_wrapped"):
        return user
    # Django's lazy user, which keeps what it has found beside the request.
    known = vars(request)
    return known.get("_cached_user") or known.get("_acached_user")


def _head_of(response: Any) -> Message:
    cookies = (("Set-Cookie", cookie.OutputString()) for cookie in response.cookies.values())
    fields = [
        (name.encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in (*response.items(), *cookies)
    ]
    return {
        "type": "http.response.start",
        "status": response.status_code,
        "headers": fields,
        _GIVEN: fields,
    }


def _made_of(messages: Sequence[Message]) -> Any:
    """An answer of ours as Django has them."""
    from django.http import HttpResponse

    head, *rest = messages
    body = b"".join(message["body"] for message in rest)
    response = HttpResponse(body, status=head["status"])
    _take_over(response, head["headers"])
    return response


def _take_over(response: Any, fields: Sequence[tuple[bytes, bytes]]) -> None:
    """Have these fields and no others; cookies that are there already stay."""
    texts = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields]
    kept = {name.lower() for name, _ in texts}
    for name in [name for name, _ in response.items() if name.lower() not in kept]:
        del response.headers[name]
    for name, value in texts:
        if name.lower() == "set-cookie":
            response.cookies.load(value)
        else:
            response.headers[name] = value


def _read_along(given: Any) -> tuple[Any, Callable[[], Awaitable[bytes | None]]]:
    """The pieces of a stream, and what gives the next of them; None at its end."""
    from asgiref.sync import sync_to_async

    if given.is_async:
        pieces = aiter(given.streaming_content)
        return pieces, partial(anext, pieces, None)
    plain = iter(given.streaming_content)
    # In the thread in which Django reads the rest.
    return plain, sync_to_async(partial(next, plain, None))


def _bodies(messages: Sequence[Message]) -> Iterator[bytes]:
    return (message["body"] for message in messages if message is not END)
