"""The page that challenges a person's browser, and the files it is made of.

Everything comes from this installation. The policy forbids whatever is inline and whatever is
elsewhere; the page works without a script too, by waiting.
"""

import gzip
from functools import cache
from html import escape
from pathlib import Path
from typing import Final

import msgspec

from nightlatch.capture.allowances import Fields
from nightlatch.capture.challenge import NO_STORE, own_answer
from nightlatch.exchange.exchange import Response
from nightlatch.identity.puzzles import Puzzle

_STATIC = Path(__file__).parent / "static"
_ASSETS: Final = {
    "altcha.js": ("vendor/altcha.js", b"text/javascript; charset=utf-8"),
    "altcha.css": ("vendor/altcha.css", b"text/css; charset=utf-8"),
    "sha.js": ("vendor/sha.js", b"text/javascript; charset=utf-8"),
    "challenge.js": ("challenge.js", b"text/javascript; charset=utf-8"),
    "challenge.css": ("challenge.css", b"text/css; charset=utf-8"),
}
"""By name below the prefix: the file, and its media type."""
_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src data:;"
    b" form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
_SAFE: Final[Fields] = (
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_ASSET_FIELDS: Final[Fields] = (
    (b"cache-control", b"public, max-age=3600"),
    (b"vary", b"Accept-Encoding"),
    (b"x-content-type-options", b"nosniff"),
)


def challenge_page(
    base: str, puzzle: Puzzle, to: str, ticket: str, wait: int, note: str
) -> Response:
    """`base`: where our paths begin; `to`: where the browser goes with its pass; `ticket`: for who
    waits `wait` seconds, "" where nobody may; `note`: what became of the last try."""
    page = _template().format(
        base=escape(base),
        to=escape(to),
        challenge=escape(msgspec.json.encode(puzzle).decode()),
        ticket=escape(ticket),
        wait=wait,
        note=escape(note),
        tell="" if note else "hidden",
        waiting="" if ticket else "hidden",
    )
    fields = (*NO_STORE, *_SAFE)
    return own_answer(403, b"text/html; charset=utf-8", page.encode(), fields)


def asset(name: str, *, packed: bool) -> Response | None:
    """A file of the page, gzipped if the client takes that; None where there is none such."""
    if name not in _ASSETS:
        return None
    plain, small = _asset(name)
    if not plain:
        return None
    media = _ASSETS[name][1]
    if packed:
        return own_answer(200, media, small, (*_ASSET_FIELDS, (b"content-encoding", b"gzip")))
    return own_answer(200, media, plain, _ASSET_FIELDS)


@cache
def _asset(name: str) -> tuple[bytes, bytes]:
    """Plain and gzipped; empty where the vendored files were not built (a bare source tree)."""
    try:
        plain = (_STATIC / _ASSETS[name][0]).read_bytes()
    except OSError:
        return b"", b""
    return plain, gzip.compress(plain, mtime=0)


@cache
def _template() -> str:
    return (_STATIC / "challenge.html").read_text(encoding="utf-8")
