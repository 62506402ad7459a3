"""Every row of the playbook of attackers is among our forgeries, and each is what it says."""

import json

import pytest
from tests.identity.jose.tokens import un64

from nightlatch.identity.jose import verify
from nightlatch.workbench.oauth.probe.forgery import (
    CANARY,
    Parts,
    forgeries,
    take_apart,
)
from nightlatch.workbench.oauth.probe.tampering import addressed, key_ids, odd_claims, sleeping
from nightlatch.workbench.tokens.making import sign
from nightlatch.workbench.tokens.material import generate, public_part

KEY = {**generate("RSA"), "alg": "RS512"}
PUBLIC = public_part(KEY)
CLAIMS = {"iss": "https://id.example", "sub": "ada", "aud": "api", "exp": 2_000_000_000, "iat": 1}
OURS = {**generate("EC"), "alg": "ES256"}


def parts_of(token: str) -> Parts:
    found = take_apart(token)
    assert found is not None
    return found


GOOD = parts_of(sign(CLAIMS, KEY, typ="at+jwt"))
ALL = (
    *forgeries(GOOD, [PUBLIC]), *key_ids(GOOD), *odd_claims(GOOD), sleeping(GOOD, 5),
    *(one for _, one in addressed(GOOD, "http://192.0.2.1:8000", OURS)),
)  # fmt: skip
PLAYBOOK = {
    "broken signature": ("with the last four letters of its signature cut", 1),
    "null signature": ("with its signature cut off", 1),
    "alg none, in four spellings": ("of alg", 4),
    "a claim before the signature": ("with another claim under the old signature", 1),
    "key confusion, PEM": ("as PEM", 4),
    "key confusion, DER": ("as DER", 2),
    "key confusion, JWK": ("as JWK", 4),
    "embedded jwk": ("header (jwk)", 1),
    "embedded x5c": ("header (x5c)", 1),
    "psychic signature": ("a signature of zeros", 2),
    "blank password": ("HS256 with nothing for a secret", 1),
    "common words": ("with a common word", 8),
    "kid: blank": ("of an empty kid", 1),
    "kid: /dev/null": ("/dev/null, signed with nothing", 2),
    "kid: invalid path": ("a path to nothing", 1),
    "kid: SQL": ("of a kid that is a query", 1),
    "kid: |sleep": ("(sleep 5)", 1),
    "kid: |curl": ("(curl our address)", 1),
    "jku": ("header jku names our address", 1),
    "x5u": ("header x5u names our address", 1),
    "external interaction, headers": ("whose header", 4),
    "external interaction, claims": ("whose claim", 5),
    "forced errors, null": ("with null for", 5),
    "forced errors, true": ("with true for", 4),
    "forced errors, false": ("with false for", 5),
    "forced errors, text": ("with a text for", 5),
    "forced errors, 0": ("with 0 for", 5),
}


@pytest.mark.parametrize("row", PLAYBOOK)
def test_each_row_of_the_playbook_is_tried(row: str) -> None:
    words, count = PLAYBOOK[row]
    assert len([one for one in ALL if words in one.how]) == count


def test_the_playbook_is_all_there_is_but_one() -> None:
    told = [one for one in ALL if not any(words in one.how for words, _ in PLAYBOOK.values())]
    assert [one.how for one in told] == ["with a spoilt signature"]
    assert len(PLAYBOOK) == 27
    assert len(ALL) == 71


def test_none_of_them_holds() -> None:
    assert verify(".".join((GOOD.signed, GOOD.signature)), PUBLIC).valid
    tokens = [one.token for one in ALL]
    assert len(set(tokens)) == len(tokens)
    assert not any(verify(token, PUBLIC).valid for token in tokens)


def test_a_repr_has_no_token() -> None:
    assert not any(one.token in repr(one) for one in ALL)
    assert GOOD.signature not in repr(GOOD)


def test_the_header_is_the_old_one_but_for_what_is_tried() -> None:
    for one in key_ids(GOOD):
        head = json.loads(un64(one.token.split(".")[0]))
        assert head["typ"] == "at+jwt"
        assert set(head) <= {"typ", "alg", "kid"}


def test_the_canary_is_under_a_signature_that_does_not_hold() -> None:
    found = [one for one in ALL if CANARY in un64(one.token.split(".")[1]).decode()]
    assert [one.weakness.id for one in found] == ["signature-ignored"]


def test_a_token_of_odd_parts_is_forged_all_the_same() -> None:
    odd = Parts({"alg": 1, "typ": [], "kid": {}}, {"exp": "x", "iat": None}, "a.b", "c")
    assert len([*forgeries(odd, [PUBLIC]), *key_ids(odd), *odd_claims(odd)]) == 40


@pytest.mark.parametrize("token", ["", "opaque", "a.b", "a.b.c", "e30.e30", "e30.e30.x.y", "..",
                                   "e30.W10.x", "\ud800.e30.x"])  # fmt: skip
def test_what_is_no_token_is_not_taken_apart(token: str) -> None:
    assert take_apart(token) is None


@pytest.mark.parametrize("key", [{}, {"kty": "oct", "k": "AA"}, {"kty": "RSA"}, {"kty": "?"}])
def test_a_key_that_is_none_confuses_nobody(key: dict[str, str]) -> None:
    found = [one for one in forgeries(GOOD, [key]) if one.weakness.id == "key-confusion"]
    assert found == []


def test_odd_names_of_claims_are_not_repeated() -> None:
    hostile = parts_of(sign({"\x1b[2J": 1, "n" * 90: 2}, KEY))
    hows = [one.how for one in odd_claims(hostile)]
    assert all(how.isprintable() and len(how) < 90 for how in hows)
