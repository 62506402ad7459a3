"""Verified tokens in the story of one exchange: whose they are, and what invented ones buy."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from tests.conversations import NOW, Conversation, phone
from tests.identity.issued import EC, HMAC, ISSUER, issued, ring, unsigned
from tests.identity.jose.tokens import packed

from nightlatch.exchange.credential import CredentialState, Proof
from nightlatch.exchange.exchange import Request
from nightlatch.exchange.headers import headers_of
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.record import Posture, Record
from nightlatch.exchange.source import Source, SourceKind
from nightlatch.identity.proofs import DOUBTED_FOR, SecretName
from nightlatch.identity.verifier import Issuer, Verifier

PROFILE = "/v1/profile"


class Talk(Conversation):
    """A conversation whose issuer is declared."""

    def __init__(self, mode: str = "observe", signer: Any = EC, **given: Any) -> None:
        super().__init__(mode, **given)
        self.verifier = Verifier([Issuer(ISSUER, frozenset({"https://api.example"}))])
        self.verifier.load(ISSUER, ring(signer), NOW - 60)
        self.rooms.proofs.verify_by(self.verifier)
        self.signer = signer

    def profile(self, token: str = "", status: int = 200, **fields: Any) -> Record:
        headers = (("authorization", f"Bearer {token}"),) if token else ()
        answer = {"phone": phone(1)} if status == 200 else {"error": "unauthorized"}
        return self.ask(PROFILE, answer, status, route=PROFILE, headers=headers, **fields)

    def protected(self) -> "Talk":
        """After it has turned others away, and let in who has a right token."""
        for _ in range(30):
            self.profile(status=401)
        assert self.profile(issued(self.signer)).posture is Posture.PROTECTED
        return self


def checks(record: Record) -> set[str]:
    return {finding.check for finding in record.findings}


def forged(number: int = 0) -> str:
    head, _, signature = issued().split(".")
    claims = {"iss": ISSUER, "sub": f"eve {number}", "aud": "https://api.example"}
    return f"{head}.{packed(claims)}.{signature}"


LATE: dict[str, Any] = {"exp": NOW - 3_600}
INVALID: dict[str, Callable[[], str]] = {
    "forged": forged,
    "not signed": unsigned,
    "a public key as a secret": lambda: issued(HMAC),
    "over for an hour": lambda: issued(**LATE),
    "for another API": lambda: issued(aud="https://other.example"),
}


@pytest.mark.parametrize("make", INVALID.values(), ids=INVALID)
def test_an_invalid_token_that_is_let_in_is_high_at_once(make: Callable[[], str]) -> None:
    talk = Talk().protected()
    record = talk.profile(make())
    assert "token-accepted-invalid" in checks(record)
    assert record.level is Level.HIGH
    assert record.credential_state is CredentialState.PRESENT
    assert record.stranger
    assert not [one for one in record.circles if one.startswith(("principal:", "credential:"))]


@pytest.mark.parametrize("make", INVALID.values(), ids=INVALID)
def test_an_invalid_token_that_is_refused_is_as_it_should_be(make: Callable[[], str]) -> None:
    record = Talk().protected().profile(make(), 401)
    assert "token-accepted-invalid" not in checks(record)
    assert record.credential_state is CredentialState.REJECTED


def test_a_right_token_is_nothing_to_speak_of() -> None:
    talk = Talk().protected()
    record = talk.profile(issued())
    assert checks(record).isdisjoint({"token-accepted-invalid", "token-weak-secret"})
    assert record.credential_state is CredentialState.ACCEPTED
    assert not record.stranger
    assert record.level is Level.LOW


def test_the_first_exchange_with_a_token_is_judged_as_ever() -> None:
    """Nobody waits for a signature: what is not known yet counts as it always did."""
    plain, talk = Conversation(), Talk()
    asked = _request(forged())
    for one in (plain, talk):
        one.ask(PROFILE, {"a": 1}, route=PROFILE)
    flights = [one.pipeline.on_request(asked, NOW + 10) for one in (plain, talk)]
    assert flights[0].caller == flights[1].caller
    assert flights[0].stranger == flights[1].stranger
    assert flights[0].decision == flights[1].decision


def _request(token: str) -> Request:
    headers = headers_of([("authorization", f"Bearer {token}")])
    return Request("GET", "https", "api.example", PROFILE, "", headers, "198.51.100.7")


def test_from_the_second_on_it_is_known_before_the_answer() -> None:
    talk = Talk().protected()
    for token, proof in ((issued(sub="new"), Proof.VERIFIED), (forged(), Proof.FORGED)):
        asked = _request(token)
        first = talk.pipeline.on_request(asked, talk.now)
        assert first.credentials[0].proof is Proof.UNKNOWN
        talk.profile(token)
        second = talk.pipeline.on_request(asked, talk.now)
        assert second.credentials[0].proof is proof
        assert second.stranger is (proof is Proof.FORGED)
        assert second.caller.key.startswith("principal:") is (proof is Proof.VERIFIED)


def test_a_verified_caller_is_no_stranger_where_nothing_is_known_of_the_door() -> None:
    talk = Talk()
    token = issued(sub="somebody")
    talk.ask("/v1/new", {"a": 1}, route="/v1/new", headers=(("authorization", f"Bearer {token}"),))
    asked = replace(_request(token), path="/v1/new")
    assert not talk.pipeline.on_request(asked, talk.now).stranger
    # A door that answers anybody looks at no token: accounts can be had by the thousand.
    for _ in range(40):
        talk.ask("/v1/new", {"a": 1}, route="/v1/new")
    assert talk.pipeline.on_request(asked, talk.now).stranger


def test_refreshed_tokens_of_one_account_have_one_budget() -> None:
    talk = Talk("enforce", budgets_caller_burst=3).protected()
    records = []
    for number in range(60):
        token = issued(sub="mallory", jti=str(number))
        talk.profile(token)
        records.append(_look_up(talk, token, number))
    assert records[-1].refused, "a fresh token is not a fresh caller"


def _look_up(talk: Talk, token: str, number: int) -> Record:
    headers = (("authorization", f"Bearer {token}"),)
    return talk.look_up(number, headers=headers, address=f"198.51.{number // 250}.{number % 250}")


def test_a_token_invented_for_each_request_buys_no_budget() -> None:
    """Each is known to be forged only after its answer: those that come behind it from the same
    address prove nothing before they are verified."""
    talk = Talk("enforce", budgets_caller_burst=3).protected()
    records = []
    for number in range(60):
        headers = (("authorization", f"Bearer {forged(number)}"),)
        records.append(talk.ask(
            PROFILE, {"phone": phone(number)}, route=PROFILE, headers=headers,
            address="203.0.113.9",
        ))  # fmt: skip
    assert records[-1].refused
    told = {subject for record in records for subject in record.disclosed}
    assert len(told) <= 5
    assert not talk.profile(issued(sub="honest"), address="203.0.113.8").refused


def test_who_shares_an_address_with_a_forger_is_heard_once_verified() -> None:
    talk = Talk().protected()
    token = issued(sub="neighbour")
    known = talk.profile(token, address="203.0.113.9")
    talk.profile(forged(), 401, address="203.0.113.9")
    asked = replace(_request(token), peer="203.0.113.9")
    assert not talk.pipeline.on_request(asked, talk.now).stranger
    assert talk.pipeline.on_request(asked, talk.now).caller.key == known.circles[0]
    new = replace(_request(issued(sub="new")), peer="203.0.113.9")
    assert talk.pipeline.on_request(new, talk.now).stranger, "until it is verified"
    assert not talk.pipeline.on_request(new, talk.now + DOUBTED_FOR).stranger
    elsewhere = replace(new, peer="203.0.113.10")
    assert not talk.pipeline.on_request(elsewhere, talk.now).stranger


def test_whose_tokens_are_only_old_invents_none() -> None:
    talk = Talk().protected()
    talk.profile(issued(**LATE), 401, address="203.0.113.9")
    new = replace(_request(issued(sub="refreshed")), peer="203.0.113.9")
    assert not talk.pipeline.on_request(new, talk.now).stranger


def test_an_open_exchange_names_nobody_as_the_owner_of_a_forged_token() -> None:
    talk = Talk().protected()
    victim = talk.profile(issued(sub="ada")).circles[0]
    assert victim.startswith("principal:")
    head, _, signature = issued().split(".")
    claims = {"iss": ISSUER, "sub": "ada", "aud": "https://api.example", "x": 1}
    record = talk.profile(f"{head}.{packed(claims)}.{signature}", 401)
    assert victim not in record.circles


def test_what_was_let_in_teaches_nothing_of_the_door() -> None:
    talk = Talk().protected()
    before = talk.rooms.inventory.posture(talk.rooms.inventory.guess("GET", PROFILE), talk.now)
    for number in range(50):
        talk.profile(forged(number))
    endpoint = talk.rooms.inventory.guess("GET", PROFILE)
    assert talk.rooms.inventory.posture(endpoint, talk.now) is before is Posture.PROTECTED


def test_a_log_is_judged_by_the_time_of_its_lines() -> None:
    talk = Talk().protected()
    token = issued(exp=talk.now + 600)
    seen = Observed(
        at=talk.now + 300,
        duration=0.0,
        service="api",
        request=_request(token),
        response=None,
        source=Source(SourceKind.OTLP),
    )
    record = talk.pipeline.on_observed(seen)
    assert record.circles[0].startswith("principal:")
    assert talk.rooms.proofs.known(talk.rooms.reader.read(seen.request), seen.at)[0].proof is (
        Proof.VERIFIED
    )


# Weak secrets


class Told:
    """Guesses that know one weak secret."""

    def __init__(self) -> None:
        self.taken: list[SecretName] = []

    def wants(self, name: SecretName) -> bool:
        return name not in self.taken

    def take(self, name: SecretName, token: str) -> None:
        self.taken.append(name)

    def told(self, name: SecretName, now: float) -> str:
        return f"{name} are signed with a guessable secret" if len(self.taken) else ""


def test_a_weak_secret_is_told_where_a_door_takes_its_tokens() -> None:
    """Without any issuer declared."""
    talk, guesses = Conversation(), Told()
    talk.rooms.proofs.guess_by(guesses)
    headers = (("authorization", f"Bearer {issued(HMAC)}"),)

    def ask(status: int, sent: Any = ()) -> Record:
        return talk.ask(PROFILE, {"a": 1}, status, route=PROFILE, headers=sent)

    assert "token-weak-secret" not in checks(ask(200, headers)), "the door is not known yet"
    for _ in range(30):
        ask(401)
    assert "token-weak-secret" not in checks(ask(401, headers)), "anybody can sign weakly"
    assert guesses.taken == []
    record = ask(200, headers)
    assert "token-weak-secret" in checks(record)
    assert record.level is Level.HIGH
    (finding,) = [one for one in record.findings if one.check == "token-weak-secret"]
    assert finding.evidence.startswith(f"tokens of {ISSUER} (HS256, key one)")


def test_no_token_is_in_a_record() -> None:
    talk = Talk().protected()
    for token in (issued(), forged(), unsigned()):
        text = repr(talk.profile(token))
        assert all(part not in text for part in token.split(".") if len(part) > 30)


def test_hostile_tokens_break_no_exchange() -> None:
    talk = Talk().protected()
    deep = packed(json.loads("[" * 500 + "]" * 500))
    for token in ("a.b.c", "..", f"{packed({'alg': 'none'})}..", f"{packed({'alg': 'x'})}.{deep}."):
        assert talk.profile(token, 401).status == 401
