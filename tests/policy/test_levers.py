from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.measures import (
    BLOCK,
    CHALLENGE,
    EXEMPT,
    NOW,
    PEOPLE,
    REQUESTS,
    SLOW,
    UNIFORM,
    WITHHOLD,
    asking,
    caller,
    measure,
    request,
)

from nightlatch.exchange.client import Client, ClientKind, Network
from nightlatch.exchange.credential import Credential, CredentialKind, CredentialPlace
from nightlatch.exchange.exchange import Caller, Endpoint, Request
from nightlatch.exchange.measure import Measure, MeasureKind
from nightlatch.exchange.predicate import parse_predicate
from nightlatch.identity.clients import Clients
from nightlatch.identity.networks import Networks
from nightlatch.policy.asking import FIELDS, Asking, Sources
from nightlatch.policy.levers import NOTHING_RULED, Levers, Ruling

ENDPOINT = Endpoint("GET", "/users/{id}")


def levers(*measures: Measure) -> Levers:
    made = Levers()
    made.apply(measures)
    return made


def rule(made: Levers, who: Caller | None = None, **given: float) -> Ruling:
    at = given.pop("at", NOW)
    return made.rule(request(), ENDPOINT, who or caller(), at)


def test_without_measures_nothing_is_ruled() -> None:
    assert rule(Levers()) is NOTHING_RULED
    made = levers(measure(circle="address:198.51.100.7"))
    made.apply(())
    assert rule(made) is NOTHING_RULED


@pytest.mark.parametrize(
    ("circle", "held"),
    [
        ("address:198.51.100.7", True),
        ("address:198.51.100.8", False),
        ("network:198.51.100.0/24", True),
        ("network:198.51.0.0/16", True),
        ("network:198.51.100.6/31", True),
        ("network:198.51.101.0/24", False),
        ("network:2001:db8::/32", False),
        ("headers:aa", True),
        ("strangers", True),
        ("", True),
    ],
)
def test_a_circle_is_found_by_what_the_caller_belongs_to(circle: str, *, held: bool) -> None:
    assert (rule(levers(measure(circle=circle))).block is not None) is held


def test_a_network_of_the_other_family() -> None:
    made = levers(measure(circle="network:2001:db8::/32"))
    six = Caller("2001:db8:1::5", ("address:2001:db8:1::5", "network:2001:db8:1::/64"))
    assert rule(made, six).block is not None
    assert rule(made, Caller("unknown", ("address:unknown",))) is NOTHING_RULED


def test_strangers_are_those_without_a_proven_credential() -> None:
    made = levers(measure(circle="strangers"))
    known = made.rule(request(), ENDPOINT, caller(), NOW, stranger=False)
    assert known is NOTHING_RULED


@pytest.mark.parametrize(
    ("after", "held"), [(-0.1, False), (0, True), (3_599, True), (3_600, False)]
)
def test_it_holds_from_its_order_to_its_end(after: float, *, held: bool) -> None:
    made = levers(measure(circle="address:198.51.100.7"))
    assert (rule(made, at=NOW + after).block is not None) is held


def test_what_was_undone_does_not_hold() -> None:
    assert rule(levers(measure(undone=NOW + 1, undone_by="bo"))) is NOTHING_RULED


def test_an_endpoint_narrows() -> None:
    made = levers(measure(endpoint="GET /users/{id}"), measure(number=1, endpoint="GET /me"))
    assert rule(made).block is not None
    elsewhere = made.rule(request(), Endpoint("GET", "/else"), caller(), NOW)
    assert elsewhere is NOTHING_RULED


def test_an_exemption_wins_over_everything() -> None:
    everything = [measure(kind, number) for number, kind in enumerate(MeasureKind)]
    ruling = rule(levers(*everything))
    assert ruling == Ruling(exempt=True, rule=f"measure:M{list(MeasureKind).index(EXEMPT)}")


def test_several_measures_add_up() -> None:
    ruling = rule(
        levers(
            measure(SLOW, 1, seconds=2.0),
            measure(SLOW, 2, seconds=5.0),
            measure(UNIFORM, 3),
            measure(WITHHOLD, 4, fields=("phone", "email")),
            measure(WITHHOLD, 5, fields=("email", "name")),
            measure(REQUESTS, 6, amount=5, seconds=60),
            measure(PEOPLE, 7, amount=5, seconds=60),
            measure(CHALLENGE, 8),
        )
    )
    assert (ruling.delay, ruling.uniform) == (5.0, True)
    assert ruling.without == ("phone", "email", "name")
    assert [limit.id for limit in ruling.limits] == ["M6", "M7"]
    assert ruling.challenge is not None
    assert ruling.rule == "measure:M1"


def test_who_holds_a_pass_is_not_challenged_again() -> None:
    made = levers(measure(CHALLENGE), measure(SLOW, 1, seconds=1.0))
    ruling = rule(made, caller("198.51.100.7", "pass:01"))
    assert ruling.challenge is None
    assert ruling.delay == 1.0


PREDICATES = [
    ('user-agent ~ "curl*"', True),
    ('user-agent ~ "python*"', False),
    ("address in (198.51.100.0/24, 10.0.0.0/8)", True),
    ("method = POST or path ~ /admin", False),
    ('endpoint = "get /users/{id}"', True),
    ('credential = "bearer-jwt"', True),
    ('credential = ""', False),
    ("stranger = yes", True),
    ("stranger = no", False),
    ('country = "NL" and asn = 64500 and network ~ hosting', True),
    ("client = library and client-name ~ curl", True),
    ("host = api.example and not (principal = x) and session = ''", True),
]


@pytest.mark.parametrize(("predicate", "held"), PREDICATES)
def test_a_predicate_speaks_of_the_request(predicate: str, *, held: bool) -> None:
    class Known(Networks):
        def look(self, address: str) -> Network:
            return Network(("hosting", "vpn"), (), "NL", 64_500)

    class Seen(Clients):
        def look(self, request: Request, caller: Caller, at: float) -> Client:
            return Client(ClientKind.LIBRARY, "curl 8.5")

    made = Levers(Sources(Known(), Seen()))
    made.apply([measure(predicate=predicate)])
    jwt = Credential(CredentialKind.BEARER_JWT, CredentialPlace.HEADER, "authorization", "d1")
    ruling = made.rule(request(), ENDPOINT, caller(), NOW, credentials=(jwt,))
    assert (ruling.block is not None) is held


def test_what_cannot_be_read_leaves_the_others_in_force(caplog: pytest.LogCaptureFixture) -> None:
    made = levers(
        measure(number=1, predicate="moonphase = full"),
        measure(number=2, circle="network:everywhere"),
        measure(number=3, circle="address:198.51.100.7"),
    )
    found = rule(made).block
    assert found is not None
    assert found.id == "M3"
    assert "M1" in caplog.text
    assert "M2" in caplog.text


_circles = st.sampled_from(
    [
        "",
        "strangers",
        "address:10.0.0.1",
        "address:10.0.1.2",
        "network:10.0.0.0/24",
        "network:10.0.0.0/8",
        "network:10.0.1.2/31",
        "headers:aa",
        "credential:c1",
    ]
)
_measures = st.builds(
    lambda kind, circle, endpoint, predicate, begins, lasts, number: measure(
        kind,
        number,
        circle=circle,
        endpoint=endpoint,
        predicate=predicate,
        created=NOW + begins,
        expires=NOW + begins + lasts,
        seconds=1.0 + number,
        amount=1,
        fields=(f"f{number}",),
    ),
    kind=st.sampled_from(MeasureKind),
    circle=_circles,
    endpoint=st.sampled_from(["", "GET /users/{id}", "GET /me"]),
    predicate=st.sampled_from(["", "method = GET", 'user-agent ~ "python*"', "stranger = no"]),
    begins=st.sampled_from([-10, 0, 10]),
    lasts=st.sampled_from([5, 30]),
    number=st.integers(0, 9),
)
_askings = st.builds(
    asking,
    st.builds(
        caller,
        st.sampled_from(["10.0.0.1", "10.0.1.2", "10.9.9.9", "192.0.2.1"]),
        st.sampled_from(["credential:c1", "credential:c2", "session:s"]),
        headers=st.sampled_from(["aa", "bb"]),
    ),
    st.sampled_from(["GET /users/{id}", "GET /me", "POST /x"]),
    stranger=st.booleans(),
    agent=st.sampled_from(["curl/8", "python-requests"]),
)


@pytest.mark.slow
@given(st.lists(_measures, max_size=12), _askings)
@settings(max_examples=100, deadline=None)
def test_the_index_says_what_asking_each_in_turn_says(
    measures: list[Measure], asked: Asking
) -> None:
    ruling = levers(*measures).judge(asked)
    concern = [one for one in measures if _concerns(one, asked)]
    kinds = {one.kind for one in concern}
    assert ruling.exempt is (EXEMPT in kinds)
    if ruling.exempt:
        return
    assert (ruling.block is not None) is (BLOCK in kinds)
    assert ruling.block is None or ruling.block in concern
    assert (ruling.challenge is not None) is (CHALLENGE in kinds)
    assert sorted(map(id, ruling.limits)) == sorted(
        id(one) for one in concern if one.kind in (REQUESTS, PEOPLE)
    )
    assert ruling.delay == max((one.seconds for one in concern if one.kind is SLOW), default=0.0)
    assert ruling.uniform is (UNIFORM in kinds)
    assert set(ruling.without) == {n for m in concern if m.kind is WITHHOLD for n in m.fields}


def _concerns(one: Measure, asked: Asking) -> bool:
    """As the words of a measure say it, without any index."""
    if not one.holds(asked.at) or one.endpoint not in ("", asked.endpoint.key):
        return False
    kind, _, key = one.circle.partition(":")
    if one.circle == "strangers" and not asked.stranger:
        return False
    if kind == "network" and ip_address(asked.caller.address) not in ip_network(key):
        return False
    if kind in ("address", "headers", "credential") and one.circle not in asked.caller.circles:
        return False
    return not one.predicate or parse_predicate(one.predicate, FIELDS)(asked)
