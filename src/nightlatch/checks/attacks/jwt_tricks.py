"""JWT tricks: a token made to be believed without its issuer's key."""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.url.addresses import Reach, target_of
from nightlatch.checks.attacks.url.find import find_urls, hosts
from nightlatch.checks.attacks.value import Clue, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_TOKEN = LazyPattern(
    r"(?<![\w.+/-])(e[wy][\w+/-]{6,8000}+)=?=?\.([\w+/-]*+)=?=?(?:\.([\w+/-]*+)=?=?)?(\.)?",
    re.ASCII,
)
_MAX_TOKENS = 4
"""Of one text."""
_MAX_HEADER = 4096
"""Characters of a header; whole certificate chains (x5c) are longer and not ours to judge."""
_MAX_ITERATIONS = 1_000_000
"""PBES2 rounds: a verifier that believes more is busy for seconds (CVE-2022-36083)."""

_KEY_BRINGERS = LazyPattern(
    r"dpop|proof|pop\+jwt|kb\+jwt|attestation|logout|secevent", re.IGNORECASE
)
"""Kinds of token that bring their own key by their standard (RFC 9449, OpenID4VCI)."""
_KID_PATH = LazyPattern(
    r"\.\.[/\\]|^/(?:dev|proc|etc|var|tmp|usr|home|sys|opt)/|^file:|^[a-z]:\\", re.IGNORECASE
)
_KID_SQL = LazyPattern(
    r"['\"]\s*(?:union|or|and|;|\|\||--|\))|\bunion\b.{1,40}\bselect\b|['\"].*--", re.IGNORECASE
)
_KID_SHELL = LazyPattern(r"[|;&`]\s*(?:\w|/)|\$\(|\n")
_ODD_ADDRESS = LazyPattern(
    r"@|#|\\|\.\./|[?&](?:url|next|redirect\w*|return\w*|to)=", re.IGNORECASE
)
_UNSIGNED_ON_PURPOSE = frozenset(("request", "state", "id_token_hint", "client_assertion_hint"))
"""Parameters whose tokens may go unsigned by their standard (OpenID Connect Core, section 6.1)."""

_Judged = tuple[int, str]


def recognise(text: str, value: Value) -> Clue | None:
    best: _Judged = (0, "")
    shown = ""
    for count, match in enumerate(_TOKEN.finditer(text)):
        if count == _MAX_TOKENS:
            break
        header = _header(match[1])
        if header is None or (match[4] and not match[3]):
            continue
        strongest = max(_judge(header, match, value), default=(0, ""))
        if strongest > best:
            best = strongest
            shown = json.dumps(header)[:160]
    return Clue(*best, shown) if best[0] else None


def _header(part: str) -> dict[str, object] | None:
    """The token's header; None when it is none."""
    if len(part) > _MAX_HEADER:
        return None
    raw = part.replace("-", "+").replace("_", "/")
    try:
        header = json.loads(base64.b64decode(raw + "=" * (-len(raw) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(header, dict) or not header.keys() & {"alg", "enc", "typ", "kid", "jku"}:
        return None
    return header


def _judge(header: Mapping[str, object], match: re.Match[str], value: Value) -> Iterator[_Judged]:
    yield from _of_algorithm(header, match, value)
    kid = header.get("kid")
    if isinstance(kid, str):
        yield from _of_key_id(kid[:512])
    elif isinstance(kid, dict | list):
        yield 70, "names its key with something that is no text"
    for member in ("jku", "x5u"):
        if isinstance(address := header.get(member), str):
            yield _of_key_address(member, address[:1024])
    if isinstance(header.get("jwk"), dict):
        own = _KEY_BRINGERS.search(f"{header.get('typ', '')} {value.name}")
        yield (0, "") if own else (80, "brings the key it wants to be checked with")
    if "crit" in header:
        yield _of_extensions(header["crit"], header)
    rounds = header.get("p2c")
    if isinstance(rounds, int) and rounds > _MAX_ITERATIONS:
        yield 90, f"asks for {rounds} rounds of a slow computation"


def _of_algorithm(
    header: Mapping[str, object], match: re.Match[str], value: Value
) -> Iterator[_Judged]:
    algorithm = header.get("alg")
    signature = match[3]
    claims = match[2]
    on_purpose = value.name.lower() in _UNSIGNED_ON_PURPOSE
    if isinstance(algorithm, str) and algorithm.strip("\x00 \t\r\n").lower() == "none":
        odd = algorithm.strip() != "none"
        yield (95 if odd else 50 if on_purpose else 88), "says that it need not be signed"
    elif "enc" in header or not claims:
        return
    elif not isinstance(algorithm, str) or not algorithm:
        yield 55, "does not say how it is signed"
    elif signature == "" and _is_claims(claims):
        yield (50 if on_purpose else 80), "has its signature cut off"
    elif signature and algorithm.startswith("ES") and _is_zero(signature):
        yield 95, "has a signature of zeros, which some versions of Java believed"


def _is_claims(part: str) -> bool:
    return part.startswith(("ey", "ew"))


def _is_zero(signature: str) -> bool:
    """r and s are zero, plain or in DER (CVE-2022-21449)."""
    return not signature.strip("A") or signature.startswith(("MAYCAQACAQA", "MAQCAAIA"))


def _of_key_id(kid: str) -> Iterator[_Judged]:
    if _KID_PATH.search(kid) or "\0" in kid:
        yield 94, "names a file in place of its key"
    elif _KID_SQL.search(kid):
        yield 94, "puts SQL in place of its key's name"
    elif _KID_SHELL.search(kid):
        yield 72, "puts a command in place of its key's name"
    elif kid.startswith("http://"):
        yield 55, "names an address in place of its key"


def _of_key_address(member: str, address: str) -> _Judged:
    why = f"says where to fetch the key it is checked with ({member})"
    for url in find_urls(address):
        named = hosts(url)
        inside = any(target_of(host).reach is not Reach.PUBLIC for host, _ in named)
        if inside or len(named) > 1 or _ODD_ADDRESS.search(address):
            return 90, why
        return (72 if url.scheme != "https" else 62), why
    return 65, why


def _of_extensions(extensions: object, header: Mapping[str, object]) -> _Judged:
    """RFC 7515, section 4.1.11: a list of names that are all in the header."""
    if not isinstance(extensions, list) or not extensions:
        return 70, "has a list of extensions that is none (crit)"
    if any(not isinstance(name, str) or name not in header for name in extensions[:32]):
        return 70, "insists on an extension that it does not have (crit)"
    return 0, ""


CHECK = Check(
    id="jwt-tricks",
    title="A token is made to be believed without its key",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Reads the header of every JWT in the request. Fails for what only a forger writes: `alg: none` in
any spelling, a signature cut off or made of zeros, a key's name (`kid`) that is a path, SQL or a
command, a key or an address of keys brought along (`jwk`, `jku`, `x5u`), extensions that are not
there, and a count of rounds that keeps the verifier busy. Proofs of possession, which bring their
key by their standard, pass. What an honest but careless issuer may write, such as a token without
an expiry, is told by `token-faults`.""",
    why="""\
Libraries have believed each of these. One that works makes the caller anybody, an administrator
included, and leaves nothing unusual in the logs but the token itself.""",
    example="""\
GET /admin/users HTTP/1.1
Host: api.example.com
Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIiwicm9sZSI6ImFkbWluIn0.
""",
    remedy="""\
Say which algorithm you accept, and take keys from your own list only:

```python
from joserfc import jwt

token = jwt.decode(value, key_set, algorithms=["ES256"])
```

Look `kid` up in a dictionary; never build a path or a statement from it. Ignore `jku`, `x5u` and
`jwk` (RFC 8725, section 3.10).""",
    owasp="API2:2023",
    cwe=347,
    references=(
        "https://www.rfc-editor.org/rfc/rfc8725",
        "https://cheatsheetseries.owasp.org/cheatsheets/JSON_Web_Token_for_Java_Cheat_Sheet.html",
    ),
    reads=SENT,
    judge=Found("jwt-tricks"),
)

RECOGNISER = Recogniser(
    check=CHECK.id,
    patterns=(r"\be[wy][a-z0-9_+/-]{8,}=?=?\.",),
    recognise=recognise,
)
