"""The token in what a person pasted: a header line, a cookie, an address, an answer, a text."""

import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

MAX_PASTED = 262_144
"""Characters that are looked at."""
_INVISIBLE = str.maketrans("", "", "\ufeff\u200b\u200c\u200d\u2060")
_QUOTES = "\"'`\u201c\u201d\u2018\u2019"
_FIELD = re.compile(r"([A-Za-z][\w-]{0,60})[ \t]*:[ \t]*(?=\S)")
_SCHEME = re.compile(r"(bearer|dpop|jwt|token)\s+(?=\S)", re.IGNORECASE)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{0,30}://\S+", re.IGNORECASE)
_COMPACT = re.compile(r"(?<![\w-])e[yw][\w-]{8,}(?:\.[\w-]*){2,4}", re.ASCII)
_ONE_TOKEN = re.compile(r"[\w+/=.~:-]+", re.ASCII)
_NAMES = (
    *("access_token", "id_token", "refresh_token", "id_token_hint", "assertion"),
    *("client_assertion", "subject_token", "token", "jwt", "request", "response", "logout_token"),
)
"""Under which answers and addresses carry tokens; the first that is there is taken."""
_SERIALISED = frozenset({"payload", "signatures", "ciphertext", "recipients"})


class Pasted(Struct, frozen=True):
    """What is taken for the token."""

    token: str
    place: str = ""
    """Where it was found, in words; empty where all that was pasted is the token."""
    warning: str = ""
    """Why it should not have been there."""

    def __repr__(self) -> str:
        return f"Pasted({len(self.token)} characters, {self.place!r})"


def find_token(pasted: str) -> Pasted:
    """Never raises; what is not understood is taken as it is. Linear in the length."""
    text = pasted[:MAX_PASTED].translate(_INVISIBLE).strip().strip(_QUOTES).rstrip(",;").strip()
    text = text.strip(_QUOTES)
    if text.startswith("{"):
        return _in_answer(text) or Pasted(text)
    field = _FIELD.match(text)
    if field and "://" not in text[: field.end() + 2]:
        return _in_field(field[1], text[field.end() :])
    scheme = _SCHEME.match(text)
    if scheme:
        return Pasted(_joined(text[scheme.end() :]), f"after the word {scheme[1].capitalize()}")
    if _ADDRESS.fullmatch(text):
        return _in_address(text) or Pasted(text)
    return _in_pairs(text, "cookie") or _in_text(text)


def _in_answer(text: str) -> Pasted | None:
    """An answer of a token endpoint; None for a token that is JSON itself, and for other JSON."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or _SERIALISED & document.keys():
        return None
    found = _named(document)
    return found and Pasted(found[1], f"the {found[0]} of an answer in JSON")


def _in_field(name: str, value: str) -> Pasted:
    """A line of a request's header."""
    place = f"in the header field {name}"
    scheme = _SCHEME.match(value)
    if scheme:
        return Pasted(_joined(value[scheme.end() :]), place)
    if name.lower() in ("cookie", "set-cookie"):
        found = _in_pairs(value, "cookie")
        return found or Pasted(_joined(value.partition("=")[2].partition(";")[0] or value), place)
    return Pasted(_in_text(value).token, place)


def _in_address(text: str) -> Pasted | None:
    try:
        parts = urlsplit(text)
        given = {
            "query": dict(parse_qsl(parts.query, max_num_fields=200)),
            "fragment": dict(parse_qsl(parts.fragment, max_num_fields=200)),
        }
    except ValueError:
        return None
    for kind, pairs in given.items():
        found = _named(pairs)
        if found:
            where = f"in the {kind} of an address, as {found[0]}"
            return Pasted(found[1], where, _WARNINGS[kind])
    whole = _COMPACT.search(text)
    return Pasted(whole[0], "in an address", _WARNINGS["query"]) if whole else None


_WARNINGS = {
    "query": "Addresses are kept in logs, histories and Referer headers: send a token in the "
    "Authorization header (RFC 6750, section 2.3).",
    "fragment": "Fragments stay in the browser's history and are open to every script of the page: "
    "the implicit flow is over (RFC 9700, section 2.1.2).",
}


def _named(given: Mapping[str, object]) -> tuple[str, str] | None:
    """The first value under a name that means a token, else one that looks like a token."""
    texts = {name: value for name, value in given.items() if isinstance(value, str) and value}
    for name in _NAMES:
        if name in texts:
            return name, texts[name]
    return next(((name[:60], text) for name, text in texts.items() if _looks(text)), None)


def _in_pairs(text: str, kind: str) -> Pasted | None:
    """Cookies: `name=value; name=value`."""
    for name, value in _pairs(text):
        if _looks(value):
            return Pasted(value, f"in the {kind} {name[:60]}")
    return None


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for one in text.split(";")[:200]:
        name, equals, value = one.strip().partition("=")
        if equals and name and name.isascii() and " " not in name:
            yield name, value.strip(_QUOTES)


def _in_text(text: str) -> Pasted:
    joined = _joined(text)
    if joined == text:
        return Pasted(text)
    whole = _COMPACT.fullmatch(joined)
    if whole is None:
        # Words around it: the longest run that is shaped like a token.
        found = max(_COMPACT.findall(text), key=len, default="")
        if found:
            return Pasted(found, "in the text that was pasted")
        if not _ONE_TOKEN.fullmatch(joined) or " " in text:
            return Pasted(text)
    return Pasted(joined, "with its line breaks and blanks taken out")


def _joined(text: str) -> str:
    return "".join(text.split())


def _looks(text: str) -> bool:
    return _COMPACT.fullmatch(text) is not None
