"""Which requests try to open an account, whose, and with what."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.detect.behaviours.sightings import NOW, bearer, caller, sighting

from nightlatch.detect.behaviours.attempts import Attempt, Guess, read_attempt
from nightlatch.exchange.credential import CredentialKind

ME = caller(1)
PASSWORD, CODE = Guess.PASSWORD, Guess.CODE

EMAIL = {"email": "ann@b.example"}
LOGIN = EMAIL | {"password": "x"}
PHONE = {"phone": "+15550100123"}
BY_MAIL, BY_PHONE = "a•••@b.example", "+1••••••••23"

ATTEMPTS: dict[str, tuple[str, Any, Guess, str]] = {
    "plain": ("POST /login", LOGIN, PASSWORD, BY_MAIL),
    "name": ("POST /session", {"username": "jonathan", "passwd": "x"}, PASSWORD, "jo•••an"),
    "phone and PIN": ("POST /auth", PHONE | {"pin": "1234"}, CODE, BY_PHONE),
    "nested": ("POST /x", {"user": LOGIN}, PASSWORD, BY_MAIL),
    "JSON:API": ("POST /sessions", {"data": {"attributes": LOGIN}}, PASSWORD, BY_MAIL),
    "one-time code": ("POST /otp/verify", PHONE | {"code": "123456"}, CODE, BY_PHONE),
    "second step": ("POST /mfa", {"mfa_token": "f0f0f0f0f0f0", "otp": "123-456"}, CODE, "f0•••f0"),
    "short token": ("POST /2fa", {"user_id": 48_000_001, "token": "123456"}, CODE, "4•••••01"),
    "reset": ("POST /reset", EMAIL | {"code": "99123", "new_password": "y"}, CODE, BY_MAIL),
}

NOTHING_TRIED: dict[str, tuple[str, Any]] = {
    "no body": ("GET /login", None),
    "an order": ("POST /orders", EMAIL | {"sku": "A1"}),
    "registration": ("POST /register", LOGIN),
    "registration with repetition": ("POST /users", LOGIN | {"password_confirmation": "x"}),
    "change of password": ("POST /password", EMAIL | {"old_password": "x", "new_password": "y"}),
    "password of nobody": ("POST /unlock-wifi", {"password": "x"}),
    "country": ("POST /address", EMAIL | {"country_code": "DE1"}),
    "voucher": ("POST /vouchers", EMAIL | {"code": "ABC123"}),
    "authorization code": ("POST /oauth/token", {"code": "SplxlOBeZQQYbYS6WxSbIA"}),
    "empty password": ("POST /login", EMAIL | {"password": ""}),
    "endless password": ("POST /login", EMAIL | {"password": "x" * 10_000}),
    "a list": ("POST /login", [LOGIN]),
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_an_attempt_is_read(name: str) -> None:
    key, sent, kind, masked = ATTEMPTS[name]
    attempt = read_attempt(sighting(ME, NOW, key, sent))
    assert attempt is not None
    assert (attempt.kind, attempt.masked) == (kind, masked)


@pytest.mark.parametrize("name", NOTHING_TRIED)
def test_other_requests_try_nothing(name: str) -> None:
    key, sent = NOTHING_TRIED[name]
    assert read_attempt(sighting(ME, NOW, key, sent)) is None


def test_cases_were_run() -> None:
    assert (len(ATTEMPTS), len(NOTHING_TRIED)) == (9, 12)


def _tried(email: str, password: str, key: str = "POST /login") -> Attempt:
    attempt = read_attempt(sighting(ME, NOW, key, {"email": email, "password": password}))
    assert attempt is not None
    return attempt


def test_one_account_and_one_guess_are_one_however_they_are_spelled() -> None:
    one = _tried("Alice@B.example", "x")
    assert one.account == _tried("alice@b.example", "y").account
    assert one.guess == _tried("bob@b.example", "x").guess != _tried("bob@b.example", "X").guess


def test_the_account_s_own_name_is_one_guess() -> None:
    assert _tried("alice@b.example", "Alice").guess == _tried("bob@b.example", "bob").guess


def test_nothing_of_what_was_tried_is_told() -> None:
    said = repr(_tried("alice@b.example", "hunter2"))
    assert "alice" not in said
    assert "hunter2" not in said


def test_query_form_path_and_basic_credentials_count_as_well() -> None:
    in_query = sighting(ME, NOW, "GET /login", query="user=alice&password=x")
    assert read_attempt(in_query) is not None
    in_path = sighting(
        ME, NOW, "POST /users/{phone}/verify", {"code": "123456"}, parameters={"phone": "+15550100"}
    )
    attempt = read_attempt(in_path)
    assert attempt is not None
    assert attempt.masked == "+1•••••00"
    basic = sighting(ME, NOW, "GET /x", credentials=(bearer("p" * 16, CredentialKind.BASIC),))
    attempt = read_attempt(basic)
    assert attempt is not None
    assert attempt.kind is Guess.PASSWORD
    assert read_attempt(sighting(ME, NOW, "GET /x", credentials=(bearer("p" * 16),))) is None


def test_a_code_without_a_name_belongs_to_the_session() -> None:
    half_in = caller(1, "session:abcdef")
    attempt = read_attempt(sighting(half_in, NOW, "POST /mfa/verify", {"code": "123456"}))
    assert attempt is not None
    assert read_attempt(sighting(ME, NOW, "POST /mfa/verify", {"code": "123456"})) is None


_names = st.sampled_from(["email", "password", "code", "user", "otp", "token", "x"])
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names, inner, max_size=5),
    max_leaves=20,
)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(_values)
def test_whatever_is_sent_is_read_without_complaint(sent: Any) -> None:
    one = sighting(ME, NOW, "POST /login", {"body": sent})
    attempt = read_attempt(one)
    assert attempt is None or len(attempt.account) == len(attempt.guess) == 8
    assert attempt is None or attempt.masked
