"""Whose tokens are verified in an application, and the thread that keeps their keys."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import Struct

from nightlatch.app.ticker import Ticker
from nightlatch.identity.secret_words import secret_words
from nightlatch.respond.secret_guesses import SecretGuesses
from nightlatch.respond.troubles import Trouble
from nightlatch.settings import Settings
from nightlatch.settings.tokens import TokenIssuer

if TYPE_CHECKING:
    from nightlatch.identity.verifier import Issuer
    from nightlatch.respond.issuer_keys import KeyPlace

EVERY = 1.0
"""Seconds between two looks at what is due."""
FILES_EVERY = 30.0
"""Seconds after which a file is read again."""
_PATIENCE = 0.2
_WEB = ("https://", "http://")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_CHANGE = "anybody can make its tokens: change it for 32 random bytes, and end what it signed"
_EXACTLY_ONE = "give one of keys, secret_file and secret_env"


def judge_issuers(given: Sequence[TokenIssuer]) -> None:
    """Raises ValueError with every mistake; reads files and variables, and asks no address."""
    if not given:
        return
    if find_spec("joserfc") is None:
        raise ValueError("joserfc is not installed; pip install 'nightlatch[tokens]'")
    names = [one.issuer for one in given]
    twice = sorted({name for name in names if names.count(name) > 1})
    mistakes = [f"the issuer {name!r} is there twice" for name in twice]
    for one in given:
        mistakes += [f"{one.issuer or 'without an issuer'}: {fault}" for fault in _faults(one)]
    if mistakes:
        raise ValueError("; ".join(mistakes))


def _faults(one: TokenIssuer) -> Iterator[str]:
    ways = [way for way in (one.keys, one.secret_file, one.secret_env) if way]
    if len(ways) > 1:
        yield _EXACTLY_ONE
    elif not ways and not _is_address(one.issuer):
        yield f"its keys cannot be discovered, as it is no https:// address; {_EXACTLY_ONE}"
    elif one.keys.startswith(_WEB) and not _is_address(one.keys):
        yield "keys is no address, or one with a password in it"
    elif ways and not one.keys.startswith(_WEB):
        yield from _unreadable(one)


def _unreadable(one: TokenIssuer) -> Iterator[str]:
    from nightlatch.respond.issuer_keys import KeysRefused, sound_keys

    try:
        sound_keys(_place(one).read())
    except KeysRefused as error:
        yield f"{_shown(one)}: {error}"
    except OSError as error:
        yield f"{_shown(one)}: {error.strerror}"


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        # A password in it would stand in the log whenever the address does not answer.
        return text.startswith(_WEB) and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def judge_words(path: str) -> None:
    """Raises ValueError."""
    if path and not Path(path).is_file():
        raise ValueError("there is no such file; one secret a line")


def issuers_of(given: Sequence[TokenIssuer]) -> "list[Issuer]":
    from nightlatch.identity.verifier import Issuer

    return [
        Issuer(
            one.issuer,
            frozenset((one.audiences,) if isinstance(one.audiences, str) else one.audiences) - {""},
        )
        for one in given
    ]


def _place(one: TokenIssuer) -> "KeyPlace":
    from nightlatch.respond.issuer_keys import EVERY as HOURLY
    from nightlatch.respond.issuer_keys import KeyPlace

    local = _is_local(one)
    every = FILES_EVERY if local else HOURLY
    return KeyPlace(one.issuer, _shown(one), _reader(one), every, local)


def _is_local(one: TokenIssuer) -> bool:
    return bool(one.secret_env or one.secret_file or (one.keys and not one.keys.startswith(_WEB)))


def _shown(one: TokenIssuer) -> str:
    if one.secret_env:
        return f"the environment variable {one.secret_env}"
    return one.secret_file or one.keys or f"discovery at {one.issuer}"


def _reader(one: TokenIssuer) -> Callable[[], list[dict[str, Any]]]:
    # Late: cryptography takes 60 ms to import.
    from nightlatch.identity.jose.reading import NoKey, keys_in, secret
    from nightlatch.respond.issuer_keys import KeysRefused, discovered_keys, published_keys

    def local() -> list[dict[str, Any]]:
        try:
            if one.secret_env:
                return [secret(os.environ.get(one.secret_env, ""))]
            if one.secret_file:
                return [secret(Path(one.secret_file).read_text("utf-8").strip("\r\n"))]
            return keys_in(Path(one.keys).read_bytes())
        except (NoKey, UnicodeDecodeError) as error:
            told = str(error) if isinstance(error, NoKey) else "it is no text; write base64:…"
            raise KeysRefused(told) from None

    if one.secret_env or one.secret_file:
        return local
    if not one.keys:
        return lambda: discovered_keys(one.issuer)
    if one.keys.startswith(_WEB):
        return lambda: published_keys(one.keys, one.issuer)
    return local


class TokensKeeper:
    """The keys of declared issuers, from now until `close`."""

    def __init__(self, given: Sequence[TokenIssuer]) -> None:
        from nightlatch.identity.verifier import Verifier
        from nightlatch.respond.issuer_keys import IssuerKeys

        self.verifier: Verifier = Verifier(issuers_of(given))
        places = [_place(one) for one in given]
        self._keys: IssuerKeys = IssuerKeys(places, self.verifier)
        # What lies here is known from the first request on; nobody waits for what must be fetched.
        self._keys.start(time.time())
        self._ticker = self._tick()

    def after_fork(self) -> None:
        self.verifier.after_fork()
        self._keys.after_fork()
        self._ticker = self._tick()

    def _tick(self) -> Ticker:
        return Ticker(self._keys.tick, EVERY, "nightlatch-keys")

    def troubles(self) -> tuple[Trouble, ...]:
        """What is wrong with them now. From any thread."""
        return self._keys.troubles.current()

    def close(self) -> None:
        self._ticker.stop(_PATIENCE)


def open_guesses(settings: Settings) -> SecretGuesses:
    """Starts no thread before there is a token to try."""
    given = settings.tokens.words
    return SecretGuesses(lambda: secret_words(Path(given) if given else None))


class SeenIssuer(Struct, frozen=True):
    """One declared issuer as it stands now: for `nightlatch doctor`."""

    words: str
    fault: str = ""
    """What is wrong, in words; empty when all is well."""
    advice: str = ""


def seen_issuers(settings: Settings) -> list[SeenIssuer]:
    """Asks each declared issuer for its keys, now; waits for the answers."""
    return [_seen(one) for one in settings.tokens.issuers]


def _seen(one: TokenIssuer) -> SeenIssuer:
    from nightlatch.respond.fetching import FetchFailed
    from nightlatch.respond.issuer_keys import KeysRefused, sound_keys

    name, shown = one.issuer or "tokens without an issuer", _shown(one)
    try:
        given = _place(one).read()
        ring, fault = sound_keys(given)
    except (KeysRefused, FetchFailed, OSError) as error:
        advice = "until then its tokens pass unverified; correct NIGHTLATCH_TOKENS_ISSUERS"
        return SeenIssuer(name, f"{shown}: {error}", advice)
    if _is_guessable(given):
        return SeenIssuer(name, "its secret is in a list of common ones", _CHANGE)
    if _is_exposed(one):
        return SeenIssuer(
            name,
            f"{shown} is not https://, so that anybody on the way can exchange its keys",
            "use https://, or a file",
        )
    count = "1 key" if len(ring.keys) == 1 else f"{len(ring.keys)} keys"
    return SeenIssuer(
        f"{name}: {count} from {shown}", fault, "the others are used" if fault else ""
    )


def _is_exposed(one: TokenIssuer) -> bool:
    parts = urlsplit("" if _is_local(one) else one.keys or one.issuer)
    return parts.scheme == "http" and parts.hostname not in _LOOPBACK


def _is_guessable(given: list[dict[str, Any]]) -> bool:
    """A shared secret needs no token to be tried on."""
    from nightlatch.identity.jose.encoding import from_base64url

    secrets = {from_base64url(key["k"], "secret") for key in given if key.get("kty") == "oct"}
    return bool(secrets) and any(word in secrets for word in secret_words())
