"""One-time links and the sessions they open."""

from collections.abc import Callable

import pytest

from nightlatch.console.access import (
    MAX_SESSIONS,
    MAX_TOKENS,
    SESSION_LIFE,
    TOKEN_LIFE,
    Access,
    Session,
    same_secret,
)
from nightlatch.store.memory_documents import MemoryDocuments

NOW = 1_000_000.0


@pytest.fixture
def documents() -> MemoryDocuments:
    return MemoryDocuments()


@pytest.fixture
def access(documents: MemoryDocuments) -> Access:
    return Access(documents)


def test_a_token_opens_one_session(access: Access) -> None:
    token = access.issue(NOW)
    session = access.redeem(token, NOW + 1)
    assert session is not None
    assert access.session(session.secret, NOW + 2) == session
    assert access.redeem(token, NOW + 3) is None


class OvertakenDocuments(MemoryDocuments):
    """Where somebody else acts when this one has looked."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] = lambda: None

    def state(self, key: str) -> bytes | None:
        found = super().state(key)
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return found


def test_of_two_consoles_one_redeems_a_token() -> None:
    documents = OvertakenDocuments()
    here, there, opened = Access(documents), Access(documents), list[Session | None]()
    token = here.issue(NOW)
    documents.meanwhile = lambda: opened.append(there.redeem(token, NOW))
    assert here.redeem(token, NOW) is None
    (session,) = opened
    assert session is not None
    assert here.session(session.secret, NOW) == session


def test_a_link_made_while_another_is_redeemed_is_good() -> None:
    documents = OvertakenDocuments()
    here, made = Access(documents), list[str]()
    token = here.issue(NOW)
    documents.meanwhile = lambda: made.append(Access(documents).issue(NOW))
    assert here.redeem(token, NOW) is not None
    assert here.redeem(token, NOW) is None
    assert here.redeem(made[0], NOW) is not None


def test_what_cannot_be_read_lets_nobody_in(access: Access, documents: MemoryDocuments) -> None:
    session = access.redeem(access.issue(NOW), NOW)
    assert session is not None
    for key in ("console-token", "console-sessions"):
        documents.put_state(key, b"\xff damaged")
    assert access.session(session.secret, NOW) is None
    assert access.redeem("x", NOW) is None
    assert access.redeem(access.issue(NOW), NOW) is not None


@pytest.mark.parametrize("wrong", ["", "x", "\ud800", "é" * 1000])
def test_hostile_tokens_and_secrets_open_nothing(access: Access, wrong: str) -> None:
    access.issue(NOW)
    assert access.redeem(wrong, NOW) is None
    assert access.session(wrong, NOW) is None


def test_an_unused_token_expires(access: Access) -> None:
    token = access.issue(NOW)
    assert access.redeem(token, NOW + TOKEN_LIFE) is None


def test_a_session_expires(access: Access) -> None:
    session = access.redeem(access.issue(NOW), NOW)
    assert session is not None
    assert access.session(session.secret, NOW + SESSION_LIFE - 1) is not None
    assert access.session(session.secret, NOW + SESSION_LIFE) is None


def test_an_ended_session_is_gone_and_others_are_not(access: Access) -> None:
    first, second = (access.redeem(access.issue(NOW), NOW) for _ in range(2))
    assert first is not None
    assert second is not None
    access.end(first, NOW)
    assert access.session(first.secret, NOW) is None
    assert access.session(second.secret, NOW) == second


def test_sessions_survive_a_restart_and_links_come_from_another_process(
    documents: MemoryDocuments,
) -> None:
    token = Access(documents).issue(NOW)
    session = Access(documents).redeem(token, NOW)
    assert session is not None
    assert Access(documents).session(session.secret, NOW) == session


def test_the_oldest_give_way(access: Access) -> None:
    tokens = [access.issue(NOW) for _ in range(MAX_TOKENS + 1)]
    assert access.redeem(tokens[0], NOW) is None
    sessions = [access.redeem(access.issue(NOW), NOW) for _ in range(MAX_SESSIONS + 1)]
    known = [access.session(one.secret, NOW) is not None for one in sessions if one]
    assert known == [False] + [True] * MAX_SESSIONS


def test_nothing_kept_or_shown_opens_the_console(
    access: Access, documents: MemoryDocuments
) -> None:
    token = access.issue(NOW)
    session = access.redeem(token, NOW)
    assert session is not None
    kept = b"".join(documents.state(key) or b"" for key in ("console-token", "console-sessions"))
    assert kept
    for secret in (token, session.secret, session.csrf):
        assert secret.encode() not in kept
    assert session.secret not in repr(session)


def test_every_session_has_its_own_csrf_token(access: Access) -> None:
    first, second = (access.redeem(access.issue(NOW), NOW) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.csrf != second.csrf


def test_secrets_are_compared_whole() -> None:
    assert same_secret("abc", "abc")
    assert not same_secret("ab", "abc")
    assert not same_secret("\ud800", "abc")
