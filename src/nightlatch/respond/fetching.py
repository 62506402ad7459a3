"""Fetches a list over HTTP: asks only for what has changed, and takes no more than it should."""

import time
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from msgspec import Struct

from nightlatch import __version__

_PIECE = 64 * 1024


class FetchFailed(Exception):
    """The text says what happened."""


class Fetched(Struct, frozen=True):
    data: bytes | None
    """None: it has not changed."""
    etag: str = ""
    modified: str = ""


class _Redirects(HTTPRedirectHandler):
    """Follows to HTTP only, and never from HTTPS to what anybody on the way could change."""

    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> Request | None:
        allowed = ("https",) if req.type == "https" else ("http", "https")
        if urlsplit(newurl).scheme not in allowed:
            raise URLError(f"it redirects to {urlsplit(newurl).scheme}://, which is not followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(url: str, etag: str, modified: str, *, max_bytes: int, seconds: float) -> Fetched:
    """What is at `url`, unless it still is what `etag` and `modified` tell of. It may take
    `seconds` to begin and as many to arrive, in however small pieces. Raises FetchFailed."""
    if _scheme(url) not in ("http", "https"):
        raise FetchFailed(f"{url}: only http:// and https:// can be fetched")
    headers = {"User-Agent": f"Nightlatch/{__version__}", "Accept": "*/*"}
    if etag:
        headers["If-None-Match"] = etag
    if modified:
        headers["If-Modified-Since"] = modified
    until = time.monotonic() + seconds
    request = Request(url, headers=headers)  # noqa: S310 - http or https, see above
    try:
        with build_opener(_Redirects).open(request, timeout=seconds) as answer:
            return _read(answer, max_bytes, until)
    except HTTPError as error:
        with error:
            if error.code == 304 and (etag or modified):
                return Fetched(None, etag, modified)
        raise FetchFailed(f"the server answered {error.code}") from error
    except TimeoutError as error:
        raise FetchFailed(f"it was not there after {seconds:.0f} s") from error
    except (OSError, HTTPException, ValueError) as error:
        reason: Any = getattr(error, "reason", None) or error
        raise FetchFailed(str(reason) or type(error).__name__) from error


def _scheme(url: str) -> str:
    """Empty for what is no address: the servers that are asked name further ones."""
    try:
        return urlsplit(url).scheme
    except ValueError:
        return ""


def _read(answer: HTTPResponse, max_bytes: int, until: float) -> Fetched:
    told = answer.headers.get("Content-Length", "")
    pieces: list[bytes] = []
    size = 0
    while piece := answer.read1(_PIECE):
        size += len(piece)
        if size > max_bytes:
            raise FetchFailed(f"it is larger than {max_bytes / 2**20:.0f} MiB")
        if time.monotonic() > until:
            raise TimeoutError
        pieces.append(piece)
    if told.isdecimal() and size < int(told):
        raise FetchFailed(f"it broke off after {size:,} of {int(told):,} bytes")
    return Fetched(
        b"".join(pieces),
        answer.headers.get("ETag", ""),
        answer.headers.get("Last-Modified", ""),
    )
