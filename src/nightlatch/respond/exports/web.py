"""To an HTTP server, in batches: OTLP receivers, Elasticsearch and OpenSearch pipelines, Splunk,
Vector, Fluent Bit, Graylog's GELF input, and whatever takes a POST."""

import gzip
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from nightlatch.respond.exports.formats import Format
from nightlatch.respond.exports.sending import Undelivered, Unwanted

WITHIN = 10.0
"""Seconds that one answer may take."""
LONGEST_WAIT = 300.0
PACKED_FROM = 1_024
"""Bytes of a body from which on compressing it saves more than it costs."""
_LATER = frozenset({401, 403, 404, 408, 425, 429})
"""Beside 5xx: what somebody will put right without sending other events."""
_OTLP_LATER = _LATER | {502, 503, 504}
"""OTLP's other 5xx say that the events themselves cannot be taken."""


_LONGEST_REASON: Final = 200


class _Answer(Struct, frozen=True):
    status: int
    body: bytes
    """As far as anybody reads it."""
    media_type: str
    retry_after: str


class HttpSender:
    def __init__(
        self,
        url: str,
        form: Format,
        authorization: str = "",
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`authorization`: the whole header, such as "Bearer …"; empty for none. `clock`: seconds
        since the epoch."""
        self._url = urlsplit(url)
        self._form = form
        self._headers = {"Content-Type": form.media_type, "User-Agent": "nightlatch"}
        if authorization:
            self._headers["Authorization"] = authorization
        self._tls = tls
        self._clock = clock
        self._connection: HTTPConnection | None = None

    def send(self, events: Sequence[bytes]) -> None:
        body = self._form.batch(events)
        try:
            answer = self._post(body)
        except (OSError, HTTPException) as error:
            self.close()
            raise Undelivered(f"{self._url.netloc} does not answer ({error})") from error
        if 200 <= answer.status < 300:
            if self._form.otlp:
                self._check_all_were_taken(answer)
            return
        told = f"{self._url.netloc} answered {answer.status}"
        if self._is_for_now(answer.status):
            raise Undelivered(told, retry_after=self._wait(answer))
        raise Unwanted(told)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _is_for_now(self, status: int) -> bool:
        return status in _OTLP_LATER if self._form.otlp else status >= 500 or status in _LATER

    def _check_all_were_taken(self, answer: "_Answer") -> None:
        """Raises Unwanted: what was rejected is not to be sent again."""
        from nightlatch.respond.exports.otlp_protobuf import rejected

        number, why = rejected(answer.body, answer.media_type)
        if number:
            told = "".join(filter(str.isprintable, why))[:_LONGEST_REASON]
            raise Unwanted(f"{self._url.netloc} rejected {number} ({told})", number)

    def _wait(self, answer: "_Answer") -> float:
        """Seconds after which to come again (RFC 9110 section 10.2.3: a number, or a date)."""
        told = answer.retry_after
        if told.isascii() and told.isdecimal():
            return min(float(told[:9]), LONGEST_WAIT)
        with suppress(ValueError, OverflowError):
            seconds = parsedate_to_datetime(told).timestamp() - self._clock()
            return min(max(0.0, seconds), LONGEST_WAIT)
        return 0.0

    def _post(self, body: bytes) -> "_Answer":
        headers = self._headers
        if self._form.otlp and len(body) >= PACKED_FROM:
            body, headers = gzip.compress(body, 4), {**headers, "Content-Encoding": "gzip"}
        if self._connection is None:
            self._connection = self._connect()
        path = self._url.path or "/"
        target = f"{path}?{self._url.query}" if self._url.query else path
        self._connection.request("POST", target, body, headers)
        answer = self._connection.getresponse()
        told = answer.read(65_536)
        if not answer.isclosed():
            # More than anybody needs to say: the rest stays unread, and so does the connection.
            self.close()
        return _Answer(
            answer.status,
            told,
            answer.headers.get_content_type(),
            answer.headers.get("Retry-After", "").strip(),
        )

    def _connect(self) -> HTTPConnection:
        if self._url.scheme == "https":
            return HTTPSConnection(self._url.netloc, timeout=WITHIN, context=self._tls)
        return HTTPConnection(self._url.netloc, timeout=WITHIN)
