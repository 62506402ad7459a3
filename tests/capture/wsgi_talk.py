"""A WSGI server's half of a conversation, without a socket; both sides are held to PEP 3333."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from wsgiref.util import FileWrapper, setup_testing_defaults
from wsgiref.validate import validator

from tests.capture.recording import Flight, Recording

from nightlatch.capture.environ import Environ, StartResponse, WsgiApplication
from nightlatch.capture.wsgi import WsgiCapture

JSON = ("Content-Type", "application/json")


def length(size: int) -> tuple[str, str]:
    return ("Content-Length", str(size))


def environ(method: str = "GET", path: str = "/", body: bytes = b"", **more: Any) -> Environ:
    made: Environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "REMOTE_ADDR": "198.51.100.7",
        "REMOTE_PORT": "40000",
        "HTTP_HOST": "api.example",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "wsgi.file_wrapper": FileWrapper,
        **more,
    }
    setup_testing_defaults(made)
    return made


@dataclass
class Talk:
    """What the server got: a head can be replaced until the first byte of the body is there."""

    heads: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)
    given: Any = None
    """The iterable itself."""
    raised: BaseException | None = None

    @property
    def status(self) -> int:
        return int(self.heads[-1][0][:3])

    @property
    def headers(self) -> list[tuple[str, str]]:
        return self.heads[-1][1]

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)


def talk(
    app: WsgiApplication,
    given: Environ | None = None,
    *,
    stop_after: int | None = None,
    raises: type[BaseException] = Exception,
) -> Talk:
    """Drive `app` through one exchange as a server would; `stop_after` so many pieces the client is
    gone."""
    heard = Talk()
    given = given or environ()

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: Any = None, /
    ) -> Callable[[bytes], object]:
        if exc_info and heard.pieces:
            raise exc_info[1].with_traceback(exc_info[2])
        assert exc_info or not heard.heads, "start_response was called twice"
        heard.heads.append((status, headers))
        return heard.pieces.append

    try:
        heard.given = app(given, start_response)
        try:
            if stop_after != 0:
                for number, piece in enumerate(heard.given, 1):
                    assert heard.heads, "a piece before the head"
                    heard.pieces.append(piece)
                    if number == stop_after:
                        break
        finally:
            if hasattr(heard.given, "close"):
                heard.given.close()
    except raises as error:
        heard.raised = error
    return heard


def strictly(app: WsgiApplication, recording: Recording, **options: Any) -> WsgiApplication:
    """Behind us, with the standard's referee on both sides."""
    watched = WsgiCapture[Flight](validator(app), recording, on_lost=recording.on_lost, **options)
    refereed: WsgiApplication = validator(watched)
    return refereed


def answering(
    status: str, headers: list[tuple[str, str]], *pieces: bytes, as_list: bool = False
) -> WsgiApplication:
    """An application that reads the request and answers so."""

    def app(given: Environ, start_response: StartResponse) -> Iterable[bytes]:
        given["wsgi.input"].read(int(given["CONTENT_LENGTH"] or 0))
        start_response(status, list(headers))
        return list(pieces) if as_list else (piece for piece in pieces)

    return app
