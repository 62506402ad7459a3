"""Tokens of sources: shown once, kept as digests, revoked for good."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.source import SourceKind
from nightlatch.respond.source_tokens import (
    MAX_RATE,
    MAX_TOKENS,
    TOKENS,
    SourceTokens,
    TokenRefused,
)
from nightlatch.store.memory_documents import MemoryDocuments
from nightlatch.store.ports import StoreFailed

OTLP = SourceKind.OTLP


@pytest.fixture
def documents() -> MemoryDocuments:
    return MemoryDocuments()


@pytest.fixture
def tokens(documents: MemoryDocuments) -> SourceTokens:
    return SourceTokens(documents, Hasher(bytes(32)))


def add(tokens: SourceTokens, name: str = "web", *kinds: SourceKind, service: str = "") -> str:
    return tokens.add(name, kinds or (OTLP,), service, 0, "ada", 100.0)


def test_only_its_digest_is_kept(documents: MemoryDocuments, tokens: SourceTokens) -> None:
    token = add(tokens)
    kept = documents.state(TOKENS)
    assert kept is not None
    assert token.encode() not in kept
    assert token.removeprefix("nlsrc_").encode() not in kept
    (made,) = tokens.all()
    assert made.digest == tokens.digest(token)
    assert len(made.digest) == 32
    assert (made.name, made.author, made.created) == ("web", "ada", 100.0)


def test_another_key_gives_another_digest(tokens: SourceTokens) -> None:
    other = SourceTokens(MemoryDocuments(), Hasher(b"k" * 32))
    assert tokens.digest("x") != other.digest("x")


def test_no_two_are_alike(tokens: SourceTokens) -> None:
    assert len({add(tokens, f"web-{number}") for number in range(20)}) == 20


def test_a_revoked_name_may_be_given_again(
    documents: MemoryDocuments, tokens: SourceTokens
) -> None:
    add(tokens)
    tokens.revoke("web", "bob", 200.0)
    add(tokens)
    assert [one.revoked for one in tokens.all()] == [200.0, 0.0]
    entries = [(one.actor, one.action, one.target) for one in documents.audit_log()]
    assert ("bob", "revoke-source", "web") in entries
    assert ("ada", "add-source", "web") in entries


REFUSED = [
    ("", (OTLP,), "", "name"),
    ("-x", (OTLP,), "", "name"),
    ("a b", (OTLP,), "", "name"),
    ("x" * 65, (OTLP,), "", "name"),
    ("x\n", (OTLP,), "", "name"),
    ("ok", (), "", "Kinds"),
    ("ok", (SourceKind.MIDDLEWARE,), "", "Kinds"),
    ("ok", (OTLP,), "s" * 129, "128"),
    ("ok", (OTLP,), "shop\x1b[2J", "printed"),
    ("ok", (OTLP,), "shop\udcff", "printed"),
]


@pytest.mark.parametrize(("name", "kinds", "service", "why"), REFUSED)
def test_what_cannot_be_a_token(
    tokens: SourceTokens, name: str, kinds: tuple[SourceKind, ...], service: str, why: str
) -> None:
    with pytest.raises(TokenRefused, match=why):
        tokens.add(name, kinds, service, 0, "ada", 1.0)
    assert tokens.all() == []


def test_a_name_is_given_once(tokens: SourceTokens) -> None:
    add(tokens)
    with pytest.raises(TokenRefused, match="already"):
        add(tokens)


def test_of_what_two_houses_change_at_once_nothing_is_lost(documents: MemoryDocuments) -> None:
    """As a console and a command line do, over one store."""
    houses = [SourceTokens(documents, Hasher(bytes(32))) for _ in range(2)]

    def work(house: SourceTokens, whose: str) -> None:
        for number in range(20):
            add(house, f"{whose}-{number}")
            if number:
                house.revoke(f"{whose}-{number - 1}", "bob", 200.0)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, houses, ("console", "cli")))
    made = houses[0].all()
    assert len(made) == 40
    assert sorted(one.name for one in made if one.in_force(300.0)) == ["cli-19", "console-19"]


def test_what_cannot_be_read_is_not_overwritten(
    documents: MemoryDocuments, tokens: SourceTokens
) -> None:
    documents.put_state(TOKENS, b"\xff damaged")
    for asked in (tokens.all, lambda: add(tokens), lambda: tokens.revoke("web", "ada", 1.0)):
        with pytest.raises(StoreFailed, match="newer Nightlatch"):
            asked()
    assert documents.state(TOKENS) == b"\xff damaged"


@pytest.mark.parametrize("rate", [-1, MAX_RATE + 1, 10**30])
def test_a_rate_beyond_all_measure(tokens: SourceTokens, rate: int) -> None:
    with pytest.raises(TokenRefused, match="1 TB"):
        tokens.add("web", (OTLP,), "", rate, "ada", 1.0)


def test_a_kind_that_is_none_is_named_with_those_there_are(tokens: SourceTokens) -> None:
    with pytest.raises(TokenRefused, match=r"treblle.*'foo' is none"):
        tokens.add("web", ("otlp", "foo"), "", 0, "ada", 1.0)


def test_what_is_not_there_cannot_be_revoked(tokens: SourceTokens) -> None:
    with pytest.raises(TokenRefused, match="no source"):
        tokens.revoke("web", "ada", 1.0)


def test_they_are_bounded(tokens: SourceTokens) -> None:
    for number in range(MAX_TOKENS):
        add(tokens, f"web-{number}")
    with pytest.raises(TokenRefused, match="revoke one first"):
        add(tokens, "one-more")


def test_a_new_token_takes_the_place_of_one_that_goes_on_for_a_while(
    documents: MemoryDocuments, tokens: SourceTokens
) -> None:
    first = add(tokens, service="shop")
    second = tokens.rotate("web", 60.0, "bob", 200.0)
    old, new = tokens.all()
    assert (old.digest, new.digest) == (tokens.digest(first), tokens.digest(second))
    assert (new.name, new.kinds, new.service, new.author) == ("web", old.kinds, "shop", "bob")
    assert [one.in_force(at) for at in (259.0, 260.0) for one in (old, new)] == [
        True, True, False, True,
    ]  # fmt: skip
    assert ("rotate-source", "web", "the one before goes on for 60 s") in [
        (one.action, one.target, one.detail) for one in documents.audit_log()
    ]


def test_only_the_last_but_one_goes_on(tokens: SourceTokens) -> None:
    add(tokens)
    tokens.rotate("web", 1_000.0, "ada", 200.0)
    tokens.rotate("web", 1_000.0, "ada", 300.0)
    assert [one.in_force(301.0) for one in tokens.all()] == [False, True, True]


def test_without_grace_the_one_before_ends_at_once_and_for_good(tokens: SourceTokens) -> None:
    add(tokens)
    tokens.rotate("web", 0.0, "ada", 200.0)
    # Also for a clock that is set back.
    assert [one.in_force(100.0) for one in tokens.all()] == [False, True]


def test_revoking_ends_both(tokens: SourceTokens) -> None:
    add(tokens)
    tokens.rotate("web", 1_000.0, "ada", 200.0)
    tokens.revoke("web", "ada", 201.0)
    assert not any(one.in_force(202.0) for one in tokens.all())


@pytest.mark.parametrize(("name", "grace", "why"), [
    ("nobody", 0.0, "no source"), ("web", -1.0, "30 days"), ("web", 31 * 86_400.0, "30 days"),
])  # fmt: skip
def test_what_cannot_be_rotated(tokens: SourceTokens, name: str, grace: float, why: str) -> None:
    add(tokens)
    with pytest.raises(TokenRefused, match=why):
        tokens.rotate(name, grace, "ada", 200.0)
    assert len(tokens.all()) == 1
