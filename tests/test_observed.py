"""Exchanges that others tell of, through all the real rooms: what is unseen is unknown."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.conversations import NOW, Conversation
from tests.observations import LOG, LOG_UNSEEN, LOOK_UP, SEES_ALL, looked_up, observed

from nightlatch.exchange.credential import CredentialKind, CredentialState
from nightlatch.exchange.exchange import NO_BODY, Body, Request, Response
from nightlatch.exchange.facts import Contract, Directives
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.judgement import Action, DetectionKind, Mode
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.record import Posture, Record
from nightlatch.exchange.source import Part, Source, SourceKind

MASKED = Source(SourceKind.TREBLLE, "sdk", frozenset({Part.SECRETS}))
NAMELESS = Source(SourceKind.LOG, "", LOG_UNSEEN | {Part.CLIENT})
ME = {"email": "ada@example.com", "phone": "+15550100", "name": "Ada Lovelace"}


class Watched:
    """One pipeline of the collector, and what it wrote."""

    def __init__(self, **given: Any) -> None:
        self.talk = Conversation("observe", **given)
        self.records: list[Record] = []

    def see(self, seen: Observed) -> Record:
        record = self.talk.pipeline.on_observed(seen)
        self.records.append(record)
        return record

    def kinds(self) -> set[DetectionKind]:
        return {one.kind for record in self.records for one in record.detections}


# The same story


def test_who_sees_everything_is_judged_as_the_application_itself() -> None:
    inside, outside = Conversation("observe", pace=0.0), Watched()
    told = inside.ask("/v1/users/17/contact", ME)
    seen = outside.see(observed("/v1/users/17/contact", ME, at=inside.now))

    assert seen.findings == told.findings
    assert seen.skipped == told.skipped
    assert seen.items == told.items
    assert seen.level == told.level
    assert (seen.source, seen.source_name, seen.unseen) == (SourceKind.TREBLLE, "sdk", ())


def test_it_is_dated_when_it_happened() -> None:
    long_ago = NOW - 86_400
    record = Watched().see(looked_up(1, at=long_ago))
    assert record.at == long_ago
    assert record.disclosed


def test_nobody_is_refused_after_the_fact() -> None:
    watched = Watched(budgets_caller_burst=3)
    watched.talk.apply(Directives(1, mode=Mode.ENFORCE, contracts=(Contract(f"GET {LOOK_UP}"),)))
    records = [watched.see(looked_up(number)) for number in range(40)]
    assert not [one for one in records if one.refused or one.decision.withhold]
    assert records[-1].decision.action is Action.REFUSE
    assert records[-1].decision.mode is Mode.OBSERVE
    assert all(one.disclosed for one in records)


def test_a_walk_is_seen_in_a_log_alone() -> None:
    watched = Watched()
    for number in range(200):
        watched.see(
            looked_up(number, source=LOG, address=f"192.0.2.{number % 200}", at=NOW + number)
        )
    start = NOW + 1_000
    for number in range(3_000, 3_400):
        watched.see(looked_up(number, hit=number % 7 == 0, source=LOG, at=start + number))
    assert DetectionKind.ENUMERATION in watched.kinds()


# Credentials


def test_unseen_credentials_are_unknown_and_make_nobody_a_stranger() -> None:
    record = Watched().see(observed("/v1/me", source=LOG))
    assert record.credential_state is CredentialState.UNKNOWN
    assert record.credential_kind is None
    assert not record.stranger
    assert record.posture is Posture.UNKNOWN
    assert "authorization" in record.skipped


def test_a_door_that_turns_away_shows_by_its_status_alone() -> None:
    watched = Watched()
    watched.see(observed("/v1/me", source=LOG))
    for _ in range(20):
        watched.see(observed("/v1/me", status=401, source=LOG))
    assert watched.see(observed("/v1/me", source=LOG)).posture is Posture.PROTECTED
    for _ in range(20):
        watched.see(observed("/v1/open", source=LOG))
    assert watched.see(observed("/v1/open", source=LOG)).posture is Posture.UNKNOWN


def test_at_an_open_door_whoever_asks_is_a_stranger() -> None:
    watched = Watched()
    for _ in range(30):
        watched.see(observed("/v1/open", source=SEES_ALL))
    assert watched.see(observed("/v1/open", source=LOG)).stranger


def test_masked_secrets_show_that_there_was_one_and_all_look_alike() -> None:
    watched = Watched()
    headers = (("authorization", "Bearer ************"), ("cookie", "session=*****"))
    record = watched.see(observed("/v1/me", source=MASKED, headers=headers))
    assert record.credential_state is CredentialState.ACCEPTED
    assert record.credential_kind is CredentialKind.BEARER_OPAQUE
    assert not [one for one in record.circles if one.startswith(("credential", "session", "princ"))]
    assert record.circles[0] == "address:198.51.100.7"


@pytest.mark.parametrize("name", ["authorization", "x-api-key"])
def test_a_wholly_masked_header_is_a_credential(name: str) -> None:
    record = Watched().see(observed("/v1/me", source=MASKED, headers=((name, "*****"),)))
    assert record.credential_state is CredentialState.ACCEPTED


def test_two_masked_callers_are_not_one() -> None:
    watched = Watched()
    headers = (("authorization", "Bearer ****"),)
    mine = watched.see(observed(source=MASKED, headers=headers, address="198.51.100.1"))
    yours = watched.see(observed(source=MASKED, headers=headers, address="203.0.113.2"))
    near = [one for one in mine.circles if not one.startswith("headers:")]
    assert not set(near) & set(yours.circles)


def test_who_was_logged_in_is_known_by_a_hash() -> None:
    record = Watched().see(observed("/v1/me", source=LOG, principal="ada@example.com"))
    assert record.circles[0].startswith("principal:")
    assert "ada" not in repr(record)
    assert record.credential_state is CredentialState.ACCEPTED


# Callers


def test_few_headers_make_no_program_of_their_senders() -> None:
    agent = (("user-agent", "Mozilla/5.0"),)
    record = Watched().see(observed(source=LOG, headers=agent))
    assert not [one for one in record.circles if one.startswith("headers:")]
    whole = Watched().see(observed(source=SEES_ALL, headers=agent))
    assert [one for one in whole.circles if one.startswith("headers:")]


@pytest.mark.slow
def test_a_browser_is_not_doubted_for_headers_that_cannot_be_seen() -> None:
    watched = Watched()
    agent = (("user-agent", "Mozilla/5.0 (Windows NT 10.0) Chrome/142.0.0.0 Safari/537.36"),)
    for number in range(1_500):
        address = f"10.{number // 250}.1.{number % 250}"
        watched.see(
            looked_up(number, source=LOG, headers=agent, address=address, at=NOW + 60 * number)
        )
    assert DetectionKind.BOT not in watched.kinds()


def test_callers_that_nobody_can_tell_apart_are_not_one_caller() -> None:
    watched = Watched(budgets_caller_burst=3, budgets_network_burst=3)
    for number in range(300):
        watched.see(looked_up(number, hit=number % 5 == 0, source=NAMELESS, address=""))
    assert watched.kinds() == set()


# Hits


def test_a_hit_that_only_the_body_could_tell_is_not_claimed() -> None:
    watched = Watched()
    records = [watched.see(looked_up(number, source=LOG)) for number in range(50)]
    assert all(len(one.asked) == 1 for one in records)
    assert {one.hit for one in records} == {None}
    assert not [one for one in records if one.disclosed]


def test_where_misses_are_told_by_status_hits_are() -> None:
    watched = Watched()
    for number in range(3):
        assert watched.see(looked_up(number, hit=False, source=LOG)).hit is False
    found = watched.see(looked_up(99, source=LOG))
    assert found.hit is True
    assert found.disclosed == found.asked


def test_of_several_the_status_tells_nothing() -> None:
    watched = Watched()
    for number in range(5):
        watched.see(looked_up(number, hit=False, source=LOG))
    query = "phone=%2B15550100&phone=%2B15550101"
    record = watched.see(observed("/v1/users", source=LOG, query=query))
    assert record.disclosed == ()
    assert record.hit is None


# Claims about strangers


def test_what_strangers_get_is_not_claimed_where_nobody_shows_who_is_one() -> None:
    watched = Watched()
    for number in range(400):
        watched.see(
            looked_up(
                number,
                hit=number % 2 == 0,
                source=LOG,
                address=f"192.0.2.{number % 250}",
                at=NOW + 60 * number,
            )
        )
    assert not watched.kinds() & {DetectionKind.EXISTENCE_ORACLE, DetectionKind.DEBUG_PATH}


# Whatever a source says

_texts = st.text(max_size=20)
_bodies = st.one_of(
    st.just(NO_BODY), st.binary(max_size=60).map(lambda data: Body(data, len(data)))
)
_headers = st.lists(
    st.tuples(
        st.sampled_from([b"authorization", b"cookie", b"content-type", b"x"]),
        st.binary(max_size=20),
    ),
    max_size=4,
).map(Headers)
_requests = st.builds(
    Request, _texts, _texts, _texts, _texts.map("/".__add__), _texts, _headers, _texts,
    http_version=_texts, body=_bodies,
)  # fmt: skip
_observed = st.builds(
    Observed,
    at=st.floats(1.0, 4e9),
    duration=st.floats(0, 1e6),
    request=_requests,
    response=st.none() | st.builds(Response, st.integers(-1, 1_000), _headers, _bodies),
    source=st.builds(
        Source, st.sampled_from(SourceKind), _texts, st.frozensets(st.sampled_from(Part))
    ),
    service=_texts,
    route=st.none() | _texts,
    principal=_texts,
    id=_texts,
)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.lists(_observed, min_size=1, max_size=3))
def test_nothing_that_a_source_says_breaks_the_pipeline(seen: list[Observed]) -> None:
    watched = Watched()
    for one in seen:
        record = watched.see(one)
        assert record.unseen == tuple(sorted(one.source.unseen))
        if Part.CREDENTIALS in one.source.unseen and record.credential_kind is None:
            assert record.credential_state is CredentialState.UNKNOWN


def test_a_source_changes_nothing_of_the_record_but_its_name() -> None:
    one, other = Watched(), Watched()
    record = one.see(looked_up(1))
    renamed = other.see(looked_up(1, source=replace(SEES_ALL, name="other")))
    assert replace(renamed, id=record.id, source_name="sdk") == record
