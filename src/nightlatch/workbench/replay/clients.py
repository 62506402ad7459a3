"""What programs send: the header fields of the API's own apps, of browsers, partners and crawlers,
of an attacker's library, and the tokens that people hold."""

import base64
from functools import lru_cache

import msgspec

from nightlatch.exchange.headers import Headers

Pairs = tuple[tuple[bytes, bytes], ...]


def _app(agent: bytes, language: bytes) -> Pairs:
    return (
        (b"host", b"api.example"),
        (b"user-agent", agent),
        (b"accept", b"application/json"),
        (b"accept-language", language),
        (b"accept-encoding", b"gzip"),
        (b"x-app-build", b"2511"),
    )


APPS: tuple[Pairs, ...] = (
    _app(b"Acme/25.1.0 (Android 14; SM-A546B)", b"de-DE"),
    _app(b"Acme/25.1.0 (Android 13; Pixel 7)", b"en-US"),
    _app(b"Acme/24.9.2 (Android 12; M2101K6G)", b"de-DE"),
    _app(b"Acme/25.1.1 CFNetwork/1494.0.7 Darwin/23.4.0", b"de-DE"),
    _app(b"Acme/25.0.4 CFNetwork/1485 Darwin/23.1.0", b"fr-FR"),
)
_BROWSER = (
    b"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    b" Chrome/126.0.0.0 Safari/537.36"
)
BROWSERS: tuple[Pairs, ...] = (
    (
        (b"host", b"api.example"),
        (b"sec-ch-ua", b'"Chromium";v="126", "Google Chrome";v="126", "Not.A/Brand";v="8"'),
        (b"sec-ch-ua-mobile", b"?0"),
        (b"sec-ch-ua-platform", b'"Windows"'),
        (b"user-agent", _BROWSER),
        (b"accept", b"application/json, text/plain, */*"),
        (b"sec-fetch-site", b"same-site"),
        (b"sec-fetch-mode", b"cors"),
        (b"sec-fetch-dest", b"empty"),
        (b"accept-encoding", b"gzip, deflate, br, zstd"),
        (b"accept-language", b"de-DE,de;q=0.9,en;q=0.7"),
    ),
    (
        (b"host", b"api.example"),
        (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"),
        (b"accept", b"application/json, text/plain, */*"),
        (b"accept-language", b"de,en-US;q=0.7,en;q=0.3"),
        (b"accept-encoding", b"gzip, deflate, br, zstd"),
        (b"sec-fetch-dest", b"empty"),
        (b"sec-fetch-mode", b"cors"),
        (b"sec-fetch-site", b"same-site"),
    ),
)
PARTNER: Pairs = (
    (b"host", b"api.example"),
    (b"user-agent", b"acme-partner-sync/3.2 (+https://partner.example)"),
    (b"accept", b"application/json"),
    (b"accept-encoding", b"gzip, deflate"),
    (b"x-api-key", b"pk_live_51c0ffee7b2f4d0e9a1b"),
)
CRAWLER: Pairs = (
    (b"host", b"api.example"),
    (b"connection", b"keep-alive"),
    (b"accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    (b"user-agent", b"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    (b"accept-encoding", b"gzip, deflate, br"),
)
LIBRARY: Pairs = (
    (b"host", b"api.example"),
    (b"user-agent", b"python-requests/2.32.3"),
    (b"accept-encoding", b"gzip, deflate"),
    (b"accept", b"*/*"),
    (b"connection", b"keep-alive"),
)
COPIED = APPS[0]
"""What an attacker copies: the app that most people have."""

_TYPED = (b"content-type", b"application/json")


@lru_cache(maxsize=65_536)
def headers(pairs: Pairs, token: str = "", cookie: str = "", *, typed: bool = False) -> Headers:
    """A request's header fields; shared between requests, as they never change."""
    more: list[tuple[bytes, bytes]] = []
    if token:
        more.append((b"authorization", f"Bearer {token}".encode()))
    if cookie:
        more.append((b"cookie", cookie.encode()))
    if typed:
        more.append(_TYPED)
    return Headers((*pairs, *more))


@lru_cache(maxsize=65_536)
def token(subject: str, role: str) -> str:
    """A JSON Web Token as the API's own issuer would sign it; the signature is made up."""
    claims = {"iss": "https://id.example", "sub": subject, "role": role}
    return (
        ".".join(map(_base64, ({"alg": "ES256", "typ": "JWT"}, claims)))
        + ".c2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJl"
    )


def _base64(value: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).rstrip(b"=").decode()


def holder(bearer: str) -> int:
    """Whose token this is: the number in its subject; 0 for what is none of ours."""
    middle = bearer.partition(".")[2].partition(".")[0]
    try:
        claims = msgspec.json.decode(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        return int(str(claims["sub"]).rpartition("-")[2])
    except (ValueError, KeyError, TypeError):
        return 0
