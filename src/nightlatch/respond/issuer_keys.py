"""Keeps the keys of declared issuers: fetched in the background, never while somebody waits.

What was fetched last stays in force while the source is down. A token of a key that is missing
makes it ask again, at most once in `LEAST` seconds, however many such tokens come.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

from msgspec import Struct

from nightlatch.faults import guarded
from nightlatch.identity.jose.keys import MAX_KEYS, KeyRing, read_keys
from nightlatch.identity.jose.verified import Unsound
from nightlatch.respond.fetching import FetchFailed, fetch
from nightlatch.respond.troubles import Troubles

Document = dict[str, Any]

EVERY = 3_600.0
"""Seconds between two looks at an address."""
LEAST = 60.0
"""Seconds between two looks, whatever tokens come."""
RETRY = 15.0
"""Seconds after a first failure; doubles with every further one."""
JITTER = 0.1
MAX_BYTES = 1 << 20
SECONDS = 10.0
"""That one answer may take to begin, and as many to arrive."""


class KeysRefused(Exception):
    """These are no keys to verify with; the text says why, and holds no secret."""


class KeyPlace(Struct, frozen=True):
    """Where the keys of one issuer are."""

    issuer: str
    shown: str
    """In words, without any secret."""
    read: Callable[[], list[Document]]
    """May wait; raises KeysRefused, FetchFailed or OSError."""
    every: float = EVERY
    local: bool = False
    """On this machine: there at once, or not at all."""

    def __repr__(self) -> str:
        return f"KeyPlace({self.issuer!r}, {self.shown!r})"


class Verifier(Protocol):
    """See `identity/verifier.py`."""

    def load(self, issuer: str, ring: KeyRing, now: float) -> None: ...

    def confirm(self, issuer: str, now: float) -> None: ...

    def missed(self) -> Mapping[str, float]: ...

    def doubtful(self) -> tuple[str, ...]: ...


class _Looks(Struct):
    """What became of one place."""

    tried: float | None = None
    wait: float = 0.0
    failures: int = 0
    keys: list[Document] | None = None
    """As they were taken last."""
    fault: str = ""
    """What was wrong with some of them, which are left out."""


class IssuerKeys:
    """Used by one thread."""

    def __init__(self, places: Sequence[KeyPlace], verifier: Verifier) -> None:
        self.troubles = Troubles()
        self._verifier = verifier
        self._places = [(place, _Looks()) for place in places]
        self._random = random.Random()  # noqa: S311 - spreads load, guards nothing

    def start(self, now: float) -> None:
        """Read what lies on this machine, so that it is known from the first token on."""
        for place, looks in self._places:
            if place.local:
                self._look(place, looks, now)

    def after_fork(self) -> None:
        """In a child: the parent's thread, which may have held a lock, is not there."""
        self.troubles.after_fork()

    def tick(self, now: float) -> None:
        """Read what is due."""
        missed = self._verifier.missed()
        for place, looks in self._places:
            if _is_due(looks, missed.get(place.issuer, 0.0), now):
                # Whatever one of them publishes, the others' turn comes.
                with guarded("respond.issuer_keys"):
                    self._look(place, looks, now)
        self._tell_doubts(now)

    def _look(self, place: KeyPlace, looks: _Looks, now: float) -> None:
        trouble = f"keys of {place.issuer or 'tokens without an issuer'}"
        looks.tried = now
        try:
            given = place.read()
            if given == looks.keys:
                self._verifier.confirm(place.issuer, now)
            else:
                ring, looks.fault = sound_keys(given)
                self._verifier.load(place.issuer, ring, now)
                looks.keys = given
        except (KeysRefused, FetchFailed, OSError) as error:
            if not looks.failures:
                self.troubles.note(trouble, _in_words(place, looks, error), now)
            looks.failures += 1
        else:
            looks.failures = 0
            self._tell_fault(trouble, f"{place.shown}: {looks.fault}" if looks.fault else "", now)
        finally:
            looks.wait = self._wait(place, looks)

    def _tell_fault(self, trouble: str, fault: str, now: float) -> None:
        """Once, until there is none any more, or another."""
        if not fault:
            self.troubles.over(trouble)
        elif fault not in {one.text for one in self.troubles.current() if one.place == trouble}:
            self.troubles.note(trouble, KeysRefused(fault), now)

    def _wait(self, place: KeyPlace, looks: _Looks) -> float:
        seconds = place.every
        if looks.failures:
            seconds = min(seconds, RETRY * 2 ** min(looks.failures - 1, 16))
        return seconds * self._random.uniform(1 - JITTER, 1 + JITTER)

    def _tell_doubts(self, now: float) -> None:
        doubtful = self._verifier.doubtful()
        for place, _ in self._places:
            trouble = f"tokens of {place.issuer or 'no issuer'}"
            if place.issuer not in doubtful:
                self.troubles.over(trouble)
            elif trouble not in {one.place for one in self.troubles.current()}:
                words = (
                    f"none of them could be verified yet by the keys from {place.shown}: are these "
                    "keys and the audiences in the settings (tokens.issuers) the right ones?"
                )
                self.troubles.note(trouble, KeysRefused(words), now)


def _is_due(looks: _Looks, missed: float, now: float) -> bool:
    if looks.tried is None:
        return True
    since = now - looks.tried
    if since < 0:
        # A clock that was set back.
        return True
    return since >= looks.wait or (missed >= looks.tried and since >= LEAST)


def _in_words(place: KeyPlace, looks: _Looks, error: Exception) -> KeysRefused:
    meanwhile = (
        "the keys of before stay in force"
        if looks.keys is not None
        else "until they are there, its tokens are taken as they come, unverified"
    )
    reason = f"{error.strerror}" if isinstance(error, OSError) else f"{error}"
    return KeysRefused(f"{place.shown}: {reason}; {meanwhile}")


def sound_keys(given: list[Document]) -> tuple[KeyRing, str]:
    """Those that may verify signatures, and what was wrong with others, in words. Raises
    KeysRefused where nothing is left, or what is left is ambiguous."""
    if len(given) > MAX_KEYS:
        # Before each of them is looked at, which takes its time.
        raise KeysRefused(f"there are more than {MAX_KEYS} keys")
    sound, faults = [], []
    for key in given:
        try:
            found = read_keys([key]).keys[0]
        except Unsound as fault:
            faults.append(str(fault))
            continue
        if found.signatures:
            sound.append(key)
        elif key.get("use") != "enc":
            faults.append("it is for no signature")
    if not sound:
        raise KeysRefused("there is no key to verify with" + (f": {faults[0]}" if faults else ""))
    try:
        ring = read_keys(sound)
    except Unsound as fault:
        raise KeysRefused(str(fault)) from fault
    left = f"{len(faults)} of {len(given)} keys left out: {faults[0]}" if faults else ""
    return ring, left


def published_keys(address: str, issuer: str) -> list[Document]:
    """The key set at an address, or the one that metadata there lead to (OpenID Connect Discovery,
    RFC 8414). Raises KeysRefused, FetchFailed."""
    document = _document(address)
    if "keys" not in document:
        document = _document(_key_address(document, address, issuer))
    keys = document.get("keys")
    if not isinstance(keys, list) or not all(isinstance(one, dict) for one in keys):
        raise KeysRefused("there is neither a key set nor metadata that lead to one")
    if any(one.get("kty") == "oct" for one in keys):
        raise KeysRefused("it publishes a secret, which is none any more")
    return keys


def discovered_keys(issuer: str) -> list[Document]:
    """By the issuer's own address. Raises KeysRefused, FetchFailed."""
    failure: Exception | None = None
    for address in metadata_addresses(issuer):
        try:
            return published_keys(address, issuer)
        except (FetchFailed, KeysRefused) as error:
            failure = failure or error
    raise failure or KeysRefused("the issuer has no address")


def metadata_addresses(issuer: str) -> Iterator[str]:
    """OpenID Connect Discovery 1.0, section 4.1; RFC 8414, section 3.1."""
    parts = urlsplit(issuer)
    root, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    yield f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    yield f"{root}/.well-known/oauth-authorization-server{path}"


def _key_address(metadata: Document, address: str, issuer: str) -> str:
    """Metadata of somebody else prove nothing (RFC 8414, section 3.3), nor do keys that anybody on
    the way could change."""
    named, found = metadata.get("issuer"), metadata.get("jwks_uri")
    if not isinstance(found, str):
        raise KeysRefused("there is neither a key set nor metadata that lead to one")
    if issuer and named != issuer:
        raise KeysRefused("its metadata are of another issuer than the settings name")
    if address.startswith("https://") and not found.startswith("https://"):
        raise KeysRefused("its metadata lead to keys that are not behind https://")
    return found


def _document(address: str) -> Document:
    data = fetch(address, "", "", max_bytes=MAX_BYTES, seconds=SECONDS).data or b""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise KeysRefused("what it answers is no JSON") from None
    if not isinstance(document, dict):
        raise KeysRefused("what it answers is no JSON object")
    return document
