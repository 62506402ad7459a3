"""What the verifier finds, how long it remembers that, and when it accuses nobody."""

from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.identity.issued import (
    EC,
    HMAC,
    ISSUER,
    NOW,
    RSA,
    bent,
    forged,
    issued,
    renamed,
    ring,
    unsigned,
)
from tests.identity.jose.tokens import b64, ec_signer, packed

from nightlatch.exchange.credential import REFUTED, Proof
from nightlatch.identity import verifier as house
from nightlatch.identity.jose import verify
from nightlatch.identity.jose.claims import LEEWAY
from nightlatch.identity.verifier import Issuer, Verifier


class Desk:
    """A verifier of one issuer, and tokens that are named by themselves."""

    def __init__(self, *audiences: str, keys: Any = None) -> None:
        self.verifier = Verifier([Issuer(ISSUER, frozenset(audiences))])
        self.load(*(keys or (EC,)))

    def load(self, *signers: Any, now: float = NOW - 60) -> None:
        self.verifier.load(ISSUER, ring(*signers), now)

    def judge(self, token: str, now: float = NOW) -> Proof:
        return self.verifier.judge(token, token, now)

    def look(self, token: str, now: float = NOW) -> Proof | None:
        return self.verifier.look(token, now)

    def believes(self) -> "Desk":
        """After a first token that is right."""
        assert self.judge(issued(sub="first")) is Proof.VERIFIED
        return self


def test_a_right_token_is_verified_and_known_until_it_ends() -> None:
    desk, token = Desk(), issued()
    assert desk.look(token) is None
    assert desk.judge(token) is Proof.VERIFIED
    assert desk.look(token) is Proof.VERIFIED
    assert desk.look(token, NOW + 600 + LEEWAY - 1) is Proof.VERIFIED
    assert desk.look(token, NOW + 600 + LEEWAY) is None


def test_a_token_without_an_end_is_looked_at_again_after_a_while() -> None:
    desk, token = Desk(), issued(exp=None)
    assert desk.judge(token) is Proof.VERIFIED
    assert desk.look(token, NOW + house.TIMELESS_FOR - 1) is Proof.VERIFIED
    assert desk.look(token, NOW + house.TIMELESS_FOR) is None


WRONG = {
    "not signed": (unsigned(), Proof.UNSIGNED),
    "of other claims": (forged(), Proof.FORGED),
    "without a signature": (issued().rpartition(".")[0] + ".", Proof.FORGED),
    "psychic": (issued().rpartition(".")[0] + "." + b64(bytes(64)), Proof.FORGED),
    "a public key as a secret": (issued(HMAC), Proof.FORGED),
    "over for long": (issued(exp=NOW - house.GRACE), Proof.EXPIRED),
    "for another API": (issued(aud="https://other.example"), Proof.AUDIENCE),
    "for nobody": (issued(aud=None), Proof.AUDIENCE),
    "for a list of others": (issued(aud=["a", "b"]), Proof.AUDIENCE),
    "not canonical": (bent(issued()), Proof.UNSOUND),
    "with demands": (issued(header={"crit": ["exp"]}), Proof.UNSOUND),
}


@pytest.mark.parametrize(("token", "proof"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_and_remembered_for_a_minute(token: str, proof: Proof) -> None:
    desk = Desk("https://api.example").believes()
    assert desk.judge(token) is proof
    assert desk.look(token, NOW + house.REFUTED_FOR - 1) is proof
    assert desk.look(token, NOW + house.REFUTED_FOR) is None
    assert proof in REFUTED


NOT_SAID = {
    "over since a moment": issued(exp=NOW - house.GRACE + 1),
    "not valid yet": issued(nbf=NOW + 3_600),
    "issued tomorrow": issued(iat=NOW + 86_400),
    "an end that is text": issued(exp="soon"),
}


@pytest.mark.parametrize("token", NOT_SAID.values(), ids=NOT_SAID)
def test_what_its_issuer_signed_is_not_held_against_anybody(token: str) -> None:
    """Its clock, or its way of writing claims."""
    desk = Desk().believes()
    assert desk.judge(token) is Proof.UNKNOWN
    assert desk.look(token) is Proof.UNKNOWN
    assert desk.look(token, NOW + house.UNDECIDED_FOR) is None


FOREIGN = {
    "another issuer": issued(iss="https://other.example"),
    "no issuer": issued(iss=None),
    "almost the issuer": issued(iss=ISSUER + "/"),
    "an issuer that is a list": issued(iss=[ISSUER]),
    "no token": "hello",
    "nothing": "",
    "no claims": EC.token(b"foo"),
    "encrypted": f"{packed({'alg': 'dir', 'enc': 'A256GCM'})}..YQ.YQ.YQ",
}


@pytest.mark.parametrize("token", FOREIGN.values(), ids=FOREIGN)
def test_of_other_tokens_nothing_is_said(token: str) -> None:
    desk = Desk().believes()
    assert desk.judge(token) is Proof.UNKNOWN
    assert desk.look(token, NOW + house.FOREIGN_FOR - 1) is Proof.UNKNOWN


def test_tokens_without_an_issuer_can_be_declared() -> None:
    verifier = Verifier([Issuer("")])
    verifier.load("", ring(HMAC), NOW)
    good, bad = issued(HMAC, iss=None), issued(HMAC, iss=["x"])
    assert verifier.judge("good", good, NOW) is Proof.VERIFIED
    assert verifier.judge("bad", bad, NOW) is Proof.UNKNOWN
    assert verifier.judge("other", issued(HMAC), NOW) is Proof.UNKNOWN


def test_one_of_several_audiences_is_enough() -> None:
    desk = Desk("https://api.example", "https://api2.example")
    assert desk.judge(issued(aud=["x", "https://api2.example"])) is Proof.VERIFIED
    assert desk.judge(issued()) is Proof.VERIFIED


# Accusing nobody


def test_wrong_keys_in_the_settings_accuse_nobody_and_are_told() -> None:
    desk = Desk(keys=(RSA,))
    for number in range(house.MANY):
        assert desk.verifier.doubtful() == ()
        assert desk.judge(issued(sub=f"user {number}")) is Proof.UNKNOWN
    assert desk.verifier.doubtful() == (ISSUER,)
    assert desk.judge(unsigned()) is Proof.UNSIGNED, "that needs no key"
    desk.load(EC)
    assert desk.verifier.doubtful() == ()
    assert desk.believes().judge(forged()) is Proof.FORGED


def test_without_keys_nothing_is_said() -> None:
    verifier = Verifier([Issuer(ISSUER)])
    assert verifier.judge("a", issued(), NOW) is Proof.UNKNOWN
    assert verifier.judge("b", unsigned(), NOW) is Proof.UNKNOWN
    assert verifier.look("a", NOW + house.UNDECIDED_FOR) is None


# Keys that change


def test_a_key_that_is_missing_is_asked_for_before_anybody_is_accused() -> None:
    desk, new = Desk().believes(), renamed(RSA, "new")
    token = issued(new)
    assert desk.judge(token) is Proof.UNKNOWN
    assert desk.verifier.missed() == {ISSUER: NOW}

    desk.load(EC, new, now=NOW + 1)
    assert desk.look(token, NOW + 2) is None, "with the new keys it may be verified"
    assert desk.judge(token, NOW + 2) is Proof.VERIFIED


def test_a_key_that_is_still_missing_then_is_none_of_its_issuers() -> None:
    desk, token = Desk().believes(), issued(renamed(RSA, "invented"))
    assert desk.judge(token) is Proof.UNKNOWN
    desk.verifier.confirm(ISSUER, NOW + 1)
    assert desk.judge(token, NOW + 2) is Proof.UNKNOWN_KEY
    # Some time later it may have been made since.
    assert desk.judge(token, NOW + house.EPISODE) is Proof.UNKNOWN
    desk.verifier.confirm(ISSUER, NOW + house.EPISODE + 1)
    assert desk.judge(token, NOW + house.EPISODE + 2) is Proof.UNKNOWN_KEY


def test_whoever_invents_keys_by_the_hundred_is_not_waited_for() -> None:
    desk = Desk().believes()
    found = [
        desk.judge(issued(renamed(RSA, f"invented {number}")))
        for number in range(house.MAX_MISSING + 5)
    ]
    assert found == [Proof.UNKNOWN] * house.MAX_MISSING + [Proof.UNKNOWN_KEY] * 5
    assert desk.verifier.missed() == {ISSUER: NOW}, "it is asked for all the same"
    later = NOW + house.EPISODE
    assert desk.judge(issued(renamed(RSA, "later")), later) is Proof.UNKNOWN


def test_a_single_key_that_was_exchanged_without_an_id_is_no_forgery() -> None:
    old, new = (one._replace(public=_without_id(one.public)) for one in (EC, RSA))
    desk = Desk(keys=(old,)).believes()
    assert desk.judge(_nameless(new)) is Proof.UNKNOWN
    desk.load(new, now=NOW + 1)
    assert desk.judge(_nameless(new), NOW + 2) is Proof.VERIFIED


def _without_id(key: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name != "kid"}


def _nameless(signer: Any) -> str:
    payload = issued(signer._replace(public={"kid": ""})).split(".")[1]
    text: str = signer.signed(packed({"alg": signer.algorithm}), payload)
    return text


def test_todays_keys_say_nothing_of_a_missing_one_in_an_old_log() -> None:
    desk, token = Desk().believes(), issued(renamed(RSA, "of last year"))
    desk.verifier.confirm(ISSUER, NOW + 2 * house.LATE)
    assert [desk.judge(token, NOW + turn) for turn in range(3)] == [Proof.UNKNOWN] * 3


def test_what_rested_on_a_key_that_is_gone_is_forgotten() -> None:
    two = renamed(RSA, "two")
    desk = Desk(keys=(EC, two))
    resting = issued(EC), issued(two)
    assert [desk.judge(one) for one in resting] == [Proof.VERIFIED] * 2

    desk.load(EC, now=NOW + 1)
    assert [desk.look(one) for one in resting] == [Proof.VERIFIED, None]


def test_keys_that_are_all_new_accuse_nobody_before_one_token_was_verified_with_them() -> None:
    other = b64(b"another secret of 32 bytes or more")
    after = HMAC._replace(public={**HMAC.public, "k": other})
    desk, old = Desk(keys=(HMAC,)), issued(HMAC)
    assert desk.judge(old) is Proof.VERIFIED
    desk.load(after, now=NOW + 1)
    assert desk.judge(old, NOW + 2) is Proof.UNKNOWN, "the issuer may exchange it later"
    desk.load(HMAC, now=NOW + 3)
    assert desk.judge(old, NOW + 4) is Proof.VERIFIED

    desk = Desk(keys=(EC, renamed(RSA, "two"))).believes()
    desk.load(EC, now=NOW + 1)
    assert desk.judge(forged(), NOW + 2) is Proof.FORGED, "one of those before is still there"
    desk.load(renamed(RSA, "three"), now=NOW + 3)
    desk.load(EC, now=NOW + 4)
    assert desk.judge(forged(), NOW + 5) is Proof.UNKNOWN


def test_what_rested_on_a_secret_is_forgotten_with_any_change() -> None:
    desk = Desk(keys=(HMAC,))
    token = issued(HMAC)
    desk.judge(token)
    desk.verifier.confirm(ISSUER, NOW)
    assert desk.look(token) is Proof.VERIFIED
    desk.load(HMAC)
    assert desk.look(token) is None


def test_keys_that_change_while_a_token_is_verified_leave_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk, token = Desk(), issued()

    def slowly(*given: Any) -> Any:
        found = verify(*given)
        changing = Thread(target=desk.load, args=(RSA,))
        changing.start()
        changing.join()
        return found

    monkeypatch.setattr(house, "verify", slowly)
    assert desk.judge(token) is Proof.VERIFIED
    assert desk.look(token) is None


def test_keys_change_under_load_and_no_verdict_outlives_its_key() -> None:
    """One thread judges, one exchanges the keys, one looks, as in an application."""
    desk, turns = Desk().believes(), range(60)
    sides = [(EC, renamed(RSA, "two")), (EC,)]
    tokens = [issued(one, jti=str(turn)) for turn in turns for one in sides[0]]
    seen: list[Proof | None] = []

    def exchange() -> None:
        for turn in turns:
            desk.load(*sides[turn % 2], now=NOW + turn)

    def look() -> None:
        seen.extend(desk.look(token) for _ in range(5) for token in tokens)

    threads = [Thread(target=exchange), Thread(target=look)]
    for thread in threads:
        thread.start()
    judged = [desk.judge(token) for token in tokens]
    for thread in threads:
        thread.join()
    assert Proof.VERIFIED in judged
    assert {*judged, *seen} <= {Proof.VERIFIED, Proof.UNKNOWN, Proof.UNKNOWN_KEY, None}
    # The last ones had no second key.
    known = [desk.look(token) for token in tokens[1::2]]
    assert Proof.VERIFIED not in known


def test_issuers_do_not_share_keys_nor_fates() -> None:
    other = "https://other.example"
    verifier = Verifier([Issuer(ISSUER), Issuer(other)])
    verifier.load(ISSUER, ring(EC), NOW - 60)
    verifier.load(other, ring(renamed(RSA, "two")), NOW - 60)
    tokens = {"a": issued(EC), "b": issued(renamed(RSA, "two"), iss=other)}
    for digest, token in tokens.items():
        assert verifier.judge(digest, token, NOW) is Proof.VERIFIED
    crossed = issued(EC, iss=other)
    assert verifier.judge("c", crossed, NOW) is Proof.UNKNOWN, "until its keys are fetched again"
    verifier.load(other, ring(renamed(RSA, "two"), ec_signer("ES384")), NOW + 1)
    assert verifier.look("a", NOW) is Proof.VERIFIED
    assert verifier.look("b", NOW) is Proof.VERIFIED
    assert verifier.judge("c", crossed, NOW + 2) is Proof.FORGED, "its key of that id is another"


# Bounds


def test_invented_tokens_push_no_good_one_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "MAX_OTHERS", 10)
    monkeypatch.setattr(house, "MAX_VERIFIED", 3)
    desk = Desk().believes()
    tokens = [forged(jti=str(number)) for number in range(50)]
    for token in tokens:
        assert desk.judge(token) is Proof.FORGED
    known = [token for token in tokens if desk.look(token) is not None]
    assert known == tokens[-10:], "the oldest goes first"
    assert len(desk.verifier._verified) == 1

    good = [issued(jti=str(number)) for number in range(5)]
    for token in good:
        desk.judge(token)
    assert [token for token in good if desk.look(token) is not None] == good[-3:]


def test_a_token_that_becomes_wrong_is_not_known_as_right_any_more() -> None:
    desk, token = Desk(), issued(exp=NOW + 1)
    assert desk.judge(token) is Proof.VERIFIED
    late = NOW + house.GRACE + 2
    assert desk.judge(token, late) is Proof.EXPIRED
    assert desk.look(token, late) is Proof.EXPIRED


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200).map(b64))
def test_nothing_that_comes_breaks_it(text: str) -> None:
    desk = Desk()
    assert desk.judge(text) is Proof.UNKNOWN
    assert desk.judge(f"{packed({'alg': 'none', 'iss': ISSUER})}.{text}.") in set(Proof)


_HEADERS = st.dictionaries(
    st.sampled_from(["alg", "kid", "typ", "crit", "jwk", "jku", "b64", "x5c"]),
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.lists(st.text(max_size=5)),
)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(_HEADERS, st.binary(max_size=80))
def test_no_header_makes_a_token_of_what_nobody_signed(
    header: dict[str, Any], signature: bytes
) -> None:
    desk = Desk().believes()
    payload = issued().split(".")[1]
    token = f"{packed({'alg': 'ES256', **header})}.{payload}.{b64(signature)}"
    assert desk.judge(token) is not Proof.VERIFIED


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2), st.integers(0, 400), st.integers(1, 127))
def test_no_token_with_one_letter_changed_is_verified(part: int, place: int, by: int) -> None:
    desk = Desk().believes()
    parts = [bytearray(one.encode()) for one in issued().split(".")]
    spot = place % len(parts[part])
    parts[part][spot] ^= by
    token = ".".join(one.decode("latin-1") for one in parts)
    assert desk.judge(token) is not Proof.VERIFIED
