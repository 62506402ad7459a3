"""The application's line to the collector: one kept-alive connection, every failure in words."""

import socket
import ssl
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

from nightlatch.capture import wire

TIMEOUT = 5.0
"""Seconds to connect, and for each wait on the socket."""
_MAX_ANSWER = 8 * 1024 * 1024


class CollectorFailed(Exception):
    """It was not taken; the text says whose fault that is and what to do. Try again later."""

    def __init__(self, text: str, retry_after: float = 0.0) -> None:
        super().__init__(text)
        self.retry_after = retry_after
        """Seconds; 0 when the collector did not say."""


class BatchRefused(Exception):
    """The collector will never take this batch."""


class BatchTooLarge(Exception):
    """The collector takes smaller ones."""


class CollectorLine:
    """For one thread; only `abort` may come from another. Raises ValueError for an address or token
    that cannot work."""

    def __init__(self, url: str, token: str, version: str = "") -> None:
        self._url = url
        self._parts = checked_url(url)
        self._path = self._parts.path.rstrip("/") + wire.PATH
        self._headers = {
            "Authorization": f"Bearer {_checked_token(token)}",
            "Content-Type": wire.MEDIA_TYPE,
            "Content-Encoding": wire.ENCODING,
            "User-Agent": f"nightlatch/{version or 'unknown'}",
        }
        self._connection: HTTPConnection | None = None

    def __repr__(self) -> str:
        return f"CollectorLine({self._url})"

    def post(self, body: bytes) -> wire.Answer:
        """Raises CollectorFailed, BatchRefused or BatchTooLarge, and nothing else."""
        try:
            response, data = self._exchange(body)
        except (HTTPException, OSError, ssl.SSLError) as error:
            self.close()
            raise CollectorFailed(self._unreachable(error)) from error
        if response.status == 200:
            return self._understood(data)
        raise self._failure(response, data)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def abort(self) -> None:
        """From another thread: end a wait on the socket."""
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _exchange(self, body: bytes) -> tuple[HTTPResponse, bytes]:
        fresh = self._connection is None
        try:
            return self._send(body)
        except (HTTPException, ConnectionError):
            # A kept-alive connection may have been closed while it was idle; a new one was not.
            self.close()
            if fresh:
                raise
            return self._send(body)

    def _send(self, body: bytes) -> tuple[HTTPResponse, bytes]:
        if self._connection is None:
            self._connection = self._connect()
        self._connection.request("POST", self._path, body, self._headers)
        response = self._connection.getresponse()
        data = response.read(_MAX_ANSWER + 1)
        if len(data) > _MAX_ANSWER or response.will_close:
            self.close()
        return response, data

    def _connect(self) -> HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            return HTTPSConnection(
                host, port, timeout=TIMEOUT, context=ssl.create_default_context()
            )
        return HTTPConnection(host, port, timeout=TIMEOUT)

    def _understood(self, data: bytes) -> wire.Answer:
        try:
            return wire.unpack_answer(data)
        except wire.Unreadable as error:
            raise CollectorFailed(
                f"What answers at {self._url} is not a Nightlatch collector: set NIGHTLATCH_URL to "
                "the address that `nightlatch up` printed."
            ) from error

    def _unreachable(self, error: Exception) -> str:
        return (
            f"The collector at {self._url} cannot be reached ({type(error).__name__}: {error}): "
            "start it with `nightlatch up`, or set NIGHTLATCH_URL to where it is."
        )

    def _failure(self, response: HTTPResponse, data: bytes) -> Exception:
        status = response.status
        if status == 413:
            return BatchTooLarge()
        if status in (400, 415, 422):
            return BatchRefused(
                f"The collector at {self._url} cannot read what this application sends "
                f"({_words(data)}): run the same version of Nightlatch on both sides."
            )
        if status in (401, 403):
            return CollectorFailed(
                f"The collector at {self._url} does not accept the token: set NIGHTLATCH_TOKEN to "
                "the one that `nightlatch up` printed there."
            )
        if 300 <= status < 400:
            return CollectorFailed(
                f"{self._url} redirects to {response.getheader('Location', 'nowhere')}: set "
                "NIGHTLATCH_URL to that address if it is yours."
            )
        if status in (404, 405, 410):
            return CollectorFailed(
                f"Nothing at {self._url} takes records of version {wire.VERSION} (status {status} "
                f"for {self._path}): set NIGHTLATCH_URL to the collector, or upgrade the collector."
            )
        return CollectorFailed(
            f"The collector at {self._url} is busy or failing (status {status}): look at its log.",
            _seconds(response.getheader("Retry-After")),
        )


def checked_url(url: str) -> SplitResult:
    parts = urlsplit(url)
    # `port` raises ValueError itself when it is no number.
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError(f"NIGHTLATCH_URL must look like http://collector:4180, not {url!r}")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("NIGHTLATCH_URL is an address only: put the token into NIGHTLATCH_TOKEN")
    return parts


def _checked_token(token: str) -> str:
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError("NIGHTLATCH_TOKEN must be printable ASCII without spaces, and not empty")
    return token


def _words(data: bytes) -> str:
    """The start of a problem document, fit for a log line."""
    return "".join(c for c in data[:300].decode("utf-8", "replace") if c.isprintable())


def _seconds(retry_after: str | None) -> float:
    """RFC 9110 section 10.2.3, without the form that is a date; at most a minute."""
    if retry_after is None or not retry_after.isascii() or not retry_after.isdigit():
        return 0.0
    return min(float(retry_after[:6]), 60.0)
