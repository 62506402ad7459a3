"""To an HTTP server, in batches: OTLP receivers, Elasticsearch and OpenSearch pipelines, Splunk,
Vector, Fluent Bit, Graylog's GELF input, and whatever takes a POST."""

import ssl
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from nightlatch.respond.exports.formats import Format
from nightlatch.respond.exports.sending import Undelivered, Unwanted

WITHIN = 10.0
"""Seconds that one answer may take."""
LONGEST_WAIT = 300.0
_LATER = frozenset({401, 403, 404, 408, 425, 429})
"""Beside 5xx: what somebody will put right without sending other events."""


class HttpSender:
    def __init__(
        self, url: str, form: Format, authorization: str = "", tls: ssl.SSLContext | None = None
    ) -> None:
        """`authorization`: the whole header, such as "Bearer …"; empty for none."""
        self._url = urlsplit(url)
        self._form = form
        self._headers = {"Content-Type": form.media_type, "User-Agent": "nightlatch"}
        if authorization:
            self._headers["Authorization"] = authorization
        self._tls = tls
        self._connection: HTTPConnection | None = None

    def send(self, events: Sequence[bytes]) -> None:
        body = self._form.batch(events)
        try:
            status, wait = self._post(body)
        except (OSError, HTTPException) as error:
            self.close()
            raise Undelivered(f"{self._url.netloc} does not answer ({error})") from error
        if 200 <= status < 300:
            return
        told = f"{self._url.netloc} answered {status}"
        if status >= 500 or status in _LATER:
            raise Undelivered(told, retry_after=wait)
        raise Unwanted(told)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _post(self, body: bytes) -> tuple[int, float]:
        """Status, and the seconds after which to come again."""
        if self._connection is None:
            self._connection = self._connect()
        path = self._url.path or "/"
        target = f"{path}?{self._url.query}" if self._url.query else path
        self._connection.request("POST", target, body, self._headers)
        answer = self._connection.getresponse()
        answer.read(65_536)
        if not answer.isclosed():
            # More than anybody needs to say: the rest stays unread, and so does the connection.
            self.close()
        wait = answer.headers.get("Retry-After", "")
        return answer.status, min(float(wait), LONGEST_WAIT) if wait.isdecimal() else 0.0

    def _connect(self) -> HTTPConnection:
        if self._url.scheme == "https":
            return HTTPSConnection(self._url.netloc, timeout=WITHIN, context=self._tls)
        return HTTPConnection(self._url.netloc, timeout=WITHIN)
