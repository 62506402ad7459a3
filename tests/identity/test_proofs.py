"""What tokens prove of who asks, before the answer and after it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.identity.issued import EC, HMAC, ISSUER, NOW, forged, issued, ring

from nightlatch.exchange.credential import (
    REFUTED,
    Credential,
    CredentialKind,
    CredentialPlace,
    Proof,
)
from nightlatch.exchange.exchange import Caller, Request
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.headers import headers_of
from nightlatch.exchange.record import Posture
from nightlatch.identity import proofs as room
from nightlatch.identity.circles import Circles
from nightlatch.identity.credentials import CredentialReader
from nightlatch.identity.proofs import Proofs, SecretName, is_stranger, refuted
from nightlatch.identity.token_text import token_text
from nightlatch.identity.verifier import Issuer, Verifier

HASHER = Hasher(bytes(32))
READER = CredentialReader(HASHER, api_key_names=["x-shop"])


def request(*fields: tuple[str, str], query: str = "") -> Request:
    return Request("GET", "https", "a", "/", query, headers_of(fields), "192.0.2.1")


def bearer(token: str) -> Request:
    return request(("Authorization", f"Bearer {token}"))


def proofs(*signers: Any) -> Proofs:
    verifier = Verifier([Issuer(ISSUER)])
    verifier.load(ISSUER, ring(*(signers or (EC,))), NOW)
    made = Proofs(HASHER)
    made.verify_by(verifier)
    verifier.judge("first", issued(*(signers or (EC,))[:1], sub="first"), NOW)
    return made


TOKEN = issued()
PLACES = {
    "a header": bearer(TOKEN),
    "a doubled scheme": bearer(f"Bearer {TOKEN}"),
    "Rails' way": request(("Authorization", f'Token token="{TOKEN}"')),
    "a bare header": request(("Authorization", TOKEN)),
    "a key's header": request(("X-Api-Key", TOKEN)),
    "a header of the operator's": request(("X-Shop", TOKEN)),
    "a cookie": request(("Cookie", f"theme=dark; token={TOKEN}; a=b")),
    "among many cookies": request(
        ("Cookie", "; ".join(f"_ga{n}=GA1.2.3.{n}" for n in range(50)) + f"; token={TOKEN}")
    ),
    "the second cookie field": request(("Cookie", "a=b"), ("Cookie", f"auth={TOKEN}")),
    "a cookie with a scheme": request(("Cookie", f"token=Bearer%20{TOKEN}")),
    "the query": request(query=f"a=1&access_token={TOKEN}&b=2"),
    "an escaped query": request(query="access_token=" + TOKEN.replace(".", "%2E")),
}


@pytest.mark.parametrize("asked", PLACES.values(), ids=PLACES)
def test_a_tokens_text_is_found_again_where_it_was_read(asked: Request) -> None:
    read = [one for one in READER.read(asked) if one.kind is CredentialKind.BEARER_JWT]
    assert len(read) == 1
    assert token_text(asked, read[0], HASHER) == TOKEN


def test_what_is_not_there_is_not_found() -> None:
    (read,) = READER.read(bearer(TOKEN))
    assert token_text(bearer(issued(sub="eve")), read, HASHER) is None
    assert token_text(request(), read, HASHER) is None
    masked = Credential(read.kind, read.place, read.name, "")
    assert token_text(bearer(TOKEN), masked, HASHER) is None
    many = "a.b.c " * 8
    assert token_text(bearer(many + TOKEN), read, HASHER) is None, "a bound"


def test_a_long_header_takes_no_long_time() -> None:
    """A pattern that began anew at each letter would take minutes."""
    (read,) = READER.read(bearer(TOKEN))
    assert token_text(bearer("a" * 1_000_000 + " " + "a." * 200_000), read, HASHER) is None


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_no_header_breaks_it(text: str) -> None:
    (read,) = READER.read(bearer(TOKEN))
    asked = Request(
        "GET", "https", "a", "/", text, headers_of([("authorization", text)]), "192.0.2.1"
    )
    assert token_text(asked, read, HASHER) is None
    in_query = Credential(read.kind, CredentialPlace.QUERY, "t", read.digest)
    assert token_text(asked, in_query, HASHER) is None


# Known, and found out


@pytest.mark.parametrize(
    ("token", "proof"), [(TOKEN, Proof.VERIFIED), (forged(), Proof.FORGED)], ids=["right", "forged"]
)
def test_before_the_answer_is_known_what_was_found_out_after_another(
    token: str, proof: Proof
) -> None:
    found, asked = proofs(), bearer(token)
    read = READER.read(asked)
    assert found.known(read, NOW) == read, "nobody is kept waiting"
    (judged,) = found.found_out(asked, read, NOW)
    assert judged.proof is proof
    assert found.known(read, NOW) == (judged,)
    assert (judged.digest, judged.principal) == (read[0].digest, read[0].principal)


def test_other_credentials_are_left_alone() -> None:
    found = proofs()
    asked = request(("Authorization", "Bearer opaque-0001"), ("X-Api-Key", "k-0001"))
    read = READER.read(asked)
    assert found.known(found.found_out(asked, read, NOW), NOW) == read
    masked = READER.read_masked(bearer(TOKEN))
    assert found.found_out(bearer(TOKEN), masked, NOW) == masked
    assert found.known((), NOW) == ()


def test_without_issuers_nothing_is_done() -> None:
    found, read = Proofs(HASHER), READER.read(bearer(TOKEN))
    assert found.known(read, NOW) is read
    assert found.found_out(bearer(TOKEN), read, NOW) is read
    assert found.weakness(bearer(TOKEN), read, NOW, accepted=True) == ""


# Who is a stranger


def credential(proof: Proof, kind: CredentialKind = CredentialKind.BEARER_JWT) -> Credential:
    return Credential(kind, CredentialPlace.HEADER, "authorization", "d", "p", proof)


UNKNOWN, GOOD = credential(Proof.UNKNOWN), credential(Proof.VERIFIED)
BAD = credential(Proof.FORGED)
KEY = credential(Proof.UNKNOWN, CredentialKind.API_KEY)


@pytest.mark.parametrize(
    ("credentials", "at_doors"),
    [
        # protected, mixed, unknown, open
        ((UNKNOWN,), (False, True, True, True)),
        ((GOOD,), (False, False, False, True)),
        ((BAD,), (True, True, True, True)),
        ((BAD, KEY), (False, True, True, True)),
        ((BAD, GOOD), (False, False, False, True)),
        # A source that cannot see credentials.
        ((), (False, True, True, True)),
    ],
)
def test_who_is_a_stranger_at_which_door(
    credentials: tuple[Credential, ...], at_doors: tuple[bool, ...]
) -> None:
    postures = (Posture.PROTECTED, Posture.MIXED, Posture.UNKNOWN, Posture.OPEN)
    assert tuple(is_stranger(credentials, one) for one in postures) == at_doors


def at(address: str) -> Caller:
    return Circles(HASHER).caller(address, bearer(TOKEN), ())


def test_an_address_that_invents_tokens_is_doubted_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "MAX_INVENTORS", 2)
    found = proofs()
    for number in range(3):
        found.note_inventor(at(f"192.0.2.{number}"), NOW + number)
    assert not found.doubts(at("192.0.2.0"), (UNKNOWN,), NOW + 3), "forgotten first"
    there = at("192.0.2.2")
    assert found.doubts(there, (UNKNOWN,), NOW + 3)
    assert found.doubts(there, (UNKNOWN, KEY), NOW + 3), "a key is easily invented, too"
    assert not found.doubts(there, (UNKNOWN, GOOD), NOW + 3)
    assert not found.doubts(there, (KEY,), NOW + 3)
    assert not found.doubts(there, (), NOW + 3)
    assert not found.doubts(there, (UNKNOWN,), NOW + 2 + room.DOUBTED_FOR)

    foreign = bearer(issued(iss="https://other.example"))
    read = READER.read(foreign)
    assert found.doubts(there, read, NOW + 3)
    found.found_out(foreign, read, NOW + 3)
    assert not found.doubts(there, read, NOW + 4), "nobody can say more of it"


def test_an_address_of_ipv6_stands_for_all_that_its_owner_has() -> None:
    found = proofs()
    found.note_inventor(at("2001:db8:0:1::1"), NOW)
    assert found.doubts(at("2001:db8:0:1:a:b:c:d"), (UNKNOWN,), NOW + 1)
    assert not found.doubts(at("2001:db8:0:2::1"), (UNKNOWN,), NOW + 1)
    found.note_inventor(at("192.0.2.1"), NOW)
    assert not found.doubts(at("192.0.2.2"), (UNKNOWN,), NOW + 1)
    found.note_inventor(at(""), NOW)
    assert found.doubts(at(""), (UNKNOWN,), NOW + 1)


def test_every_proof_is_one_or_the_other() -> None:
    assert {*REFUTED, Proof.UNKNOWN, Proof.VERIFIED} == set(Proof)
    assert [one for one in Proof if refuted((credential(one),))] == [
        one for one in Proof if one in REFUTED
    ]
    assert not refuted(())
    assert not refuted((BAD, KEY))


def test_a_refuted_token_is_nobodys_circle() -> None:
    circles, asked = Circles(HASHER), bearer(TOKEN)
    plain = circles.caller("192.0.2.1", asked, ())
    known = circles.caller("192.0.2.1", asked, (UNKNOWN,))
    assert circles.caller("192.0.2.1", asked, (GOOD,)) == known
    assert known.circles[:2] == ("principal:p", "credential:d")
    assert circles.caller("192.0.2.1", asked, (BAD,)) == plain
    assert circles.without(known, (BAD,)) == plain
    assert circles.without(known, ()) is known


def test_a_refreshed_token_is_the_same_caller() -> None:
    circles = Circles(HASHER)
    callers = []
    for number in range(3):
        asked = bearer(issued(jti=str(number)))
        found = proofs().found_out(asked, READER.read(asked), NOW)
        callers.append(circles.caller(f"192.0.2.{number}", asked, found).key)
    assert len(set(callers)) == 1
    assert callers[0].startswith("principal:")


# Weak secrets


class Told:
    """Guesses that found everything out."""

    def __init__(self) -> None:
        self.taken: dict[SecretName, str] = {}

    def wants(self, name: SecretName) -> bool:
        return name not in self.taken

    def take(self, name: SecretName, token: str) -> None:
        self.taken[name] = token

    def told(self, name: SecretName, now: float) -> str:
        return f"{name} is weak"


WEAK = issued(HMAC)
NAME = SecretName(ISSUER, "one", "HS256")


def weakness(found: Proofs, token: str = WEAK, *, accepted: bool = False) -> str:
    asked = bearer(token)
    read = found.found_out(asked, READER.read(asked), NOW)
    return found.weakness(asked, read, NOW, accepted=accepted)


def test_only_tokens_of_the_issuer_itself_are_tried() -> None:
    plain, declared, guesses = Proofs(HASHER), proofs(HMAC), Told()
    for one in (plain, declared):
        one.guess_by(guesses)
    assert weakness(plain) == "", "anybody can sign with a weak secret"
    assert weakness(declared, issued(HMAC)[:-1] + "A", accepted=True) == "", "as this one did"
    assert not guesses.taken
    assert weakness(plain, accepted=True) == f"{NAME} is weak"
    assert weakness(declared) == f"{NAME} is weak"
    assert guesses.taken == {NAME: WEAK}


def test_what_no_secret_signs_is_not_tried() -> None:
    found, guesses = Proofs(HASHER), Told()
    found.guess_by(guesses)
    assert weakness(found, issued(EC), accepted=True) == ""
    assert weakness(found, "opaque", accepted=True) == ""
    assert not guesses.taken


def test_who_signed_is_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_NAMES", 3)
    found = Proofs(HASHER)
    found.guess_by(Told())
    for number in range(10):
        weakness(found, issued(HMAC, jti=str(number)), accepted=True)
        assert len(found._names) <= 3


def test_names_are_fit_for_people() -> None:
    assert str(NAME) == f"tokens of {ISSUER} (HS256, key one)"
    assert str(SecretName("", "", "HS512")) == "tokens without an issuer (HS512)"
    assert "\n" not in str(SecretName("a\nb", "c\x1b[31m", "HS256"))
