"""Tokens of sources: shown once, kept as digests, revoked for good."""

import pytest

from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.source import SourceKind
from nightlatch.respond.source_tokens import MAX_TOKENS, TOKENS, SourceTokens, TokenRefused
from nightlatch.store.memory_documents import MemoryDocuments

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


def test_what_is_not_there_cannot_be_revoked(tokens: SourceTokens) -> None:
    with pytest.raises(TokenRefused, match="no source"):
        tokens.revoke("web", "ada", 1.0)


def test_they_are_bounded(tokens: SourceTokens) -> None:
    for number in range(MAX_TOKENS):
        add(tokens, f"web-{number}")
    with pytest.raises(TokenRefused, match="revoke one first"):
        add(tokens, "one-more")
