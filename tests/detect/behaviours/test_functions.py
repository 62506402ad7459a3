"""Roles that stay with their functions, and those that do not."""

import base64
import json

import msgspec
import pytest
from tests.detect.behaviours.member_world import CANCEL, CUSTOMER, REFUND, Members, token
from tests.detect.behaviours.sightings import (
    DAY,
    NOW,
    bearer,
    caller,
    renewed,
    reporter,
    sighting,
    tell,
)

from nightlatch.detect.behaviour import Sighting
from nightlatch.detect.behaviours.functions import FunctionAccess
from nightlatch.detect.behaviours.roles import Roles
from nightlatch.exchange.credential import CredentialKind
from nightlatch.exchange.exchange import Request
from nightlatch.exchange.headers import headers_of
from nightlatch.exchange.judgement import Detection, DetectionKind

AFTER = NOW + 6 * DAY + 36_000


class Scene:
    def __init__(self, seed: int = 5, days: int = 6, **words: bool) -> None:
        self.members = Members(seed)
        self.reporter = reporter()
        self.behaviour = FunctionAccess(self.reporter)
        self.claims = not words.get("bare", False)
        self.told: list[Detection] = []
        for one in self.members.days(0, days):
            self.told += self.tell(one)

    def tell(self, one: Sighting) -> tuple[Detection, ...]:
        return tell(self.behaviour, self.reporter, one if self.claims else _without_claims(one))

    def call(self, person: int, key: str, at: float = AFTER) -> tuple[Detection, ...]:
        if key == CUSTOMER:
            return self.tell(self.members.call(at, person, key, customer_id="u1"))
        return self.tell(self.members.call(at, person, key))


def _without_claims(one: Sighting) -> Sighting:
    """The same under an opaque token."""
    principal = one.exchange.caller.circles[0].partition(":")[2]
    opaque = (bearer(principal, CredentialKind.BEARER_OPAQUE),) if not one.stranger else ()
    exchange = msgspec.structs.replace(one.exchange, credentials=opaque)
    return renewed(one, exchange=exchange)


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3, 4))]
)
def test_thirty_honest_days_pass_without_a_word(seed: int) -> None:
    scene = Scene(seed, days=30)
    assert scene.told == []
    assert len(scene.reporter.suspicions) == 0


@pytest.mark.slow
def test_thirty_days_without_roles_pass_as_well() -> None:
    scene = Scene(days=30, bare=True)
    assert scene.told == []


def test_a_member_who_refunds_is_told_at_the_first_call() -> None:
    scene = Scene()
    told = scene.call(9, REFUND)
    assert [one.kind for one in told] == [DetectionKind.FUNCTION_ACCESS]
    assert told[0].circle == "principal:member9"
    assert 0 < told[0].false_alarm_rate <= 1e-3
    assert "role member called POST /staff/refunds" in told[0].evidence
    who = caller(5_009, "principal:member9")
    doubt = scene.reporter.suspicions.about(who, "GET /orders", AFTER + 1)
    assert doubt is not None
    assert not doubt.convicts


def test_the_second_function_convicts() -> None:
    scene = Scene()
    scene.call(9, REFUND)
    told = scene.call(9, CUSTOMER, AFTER + 9)
    assert "2 functions that are not its own" in told[0].evidence
    found = scene.reporter.suspicions.about(caller(9, "principal:member9"), REFUND, AFTER + 10)
    assert found is not None
    assert found.convicts


def test_who_insists_is_convicted_as_well() -> None:
    scene = Scene()
    who = caller(9, "principal:member9")
    for call in range(5):
        scene.call(9, REFUND, AFTER + call)
    found = scene.reporter.suspicions.about(who, REFUND, AFTER + 10)
    assert found is not None
    assert found.convicts


def test_without_claims_those_who_never_administered_are_known_by_that() -> None:
    scene = Scene(bare=True)
    person = next(n for n in range(300) if _exchanges(scene, n) > 25)
    told = scene.call(person, REFUND)
    assert [one.kind for one in told] == [DetectionKind.FUNCTION_ACCESS]


def _exchanges(scene: Scene, person: int) -> int:
    found = scene.behaviour._principals.get(f"principal:member{person}")
    return found.exchanges if found is not None else 0


def test_a_refused_call_shows_that_the_application_guards_itself() -> None:
    scene = Scene()
    one = scene.members.call(AFTER, 9, REFUND, status=403)
    assert scene.tell(one) == ()


def test_a_released_feature_is_learned_after_a_few() -> None:
    scene = Scene()
    told = [len(scene.call(person, REFUND, AFTER + person)) for person in range(20, 40)]
    assert sum(told[:4]) == 4
    assert sum(told[4:]) == 0


def test_a_new_function_is_nobody_s_yet() -> None:
    scene = Scene()
    assert scene.call(9, "POST /staff/brand-new") == ()


def _registered(scene: Scene, at: float) -> Sighting:
    """A dealer who has just registered itself calls a dealer's function."""
    sent = {"email": "m@x.example", "password": "x"}
    scene.tell(sighting(caller(99_999), at - 20, "POST /staff/register", sent, {"id": 1}, 201))
    return sighting(
        caller(99_999, "principal:fresh", "credential:fresh"),
        at,
        CUSTOMER,
        None,
        {"id": "u4"},
        parameters={"customer_id": "u4"},
        request_headers=token("staff", "fresh"),
        credentials=(bearer("fresh"),),
        stranger=False,
    )


def test_who_registered_itself_as_staff_is_found_at_its_first_call() -> None:
    scene = Scene()
    told = scene.tell(_registered(scene, AFTER))
    assert [one.kind for one in told] == [DetectionKind.FUNCTION_ACCESS]
    assert "registered itself" in told[0].evidence
    found = scene.reporter.suspicions.about(caller(1, "principal:fresh"), REFUND, AFTER + 1)
    assert found is not None
    assert found.convicts


def test_a_new_colleague_who_did_not_register_is_none_of_it() -> None:
    scene = Scene()
    one = scene.members.call(AFTER, 77, CUSTOMER, role="staff", customer_id="u4")
    assert scene.tell(one) == ()


def test_who_registers_and_orders_does_what_the_newly_registered_do() -> None:
    scene = Scene()
    for one in scene.members.register(AFTER):
        assert scene.tell(one) == ()
    assert any(one.exchange.endpoint.key == CANCEL for one in scene.members.register(AFTER))


CLAIMS = (
    ({"role": "admin"}, "role admin"),
    ({"roles": ["b", "a"]}, "role a, b"),
    ({"scope": "read write"}, "role read, write"),
    ({"realm_access": {"roles": ["x"]}}, "role x"),
    ({"cognito:groups": ["g"]}, "role g"),
    ({"https://example.com/roles": ["z"]}, "role z"),
    ({"sub": "me"}, "bearer-jwt credentials"),
    ({"role": 7, "groups": [1, None]}, "bearer-jwt credentials"),
)


@pytest.mark.parametrize(("claims", "role"), CLAIMS)
def test_roles_are_read_from_the_usual_claims(claims: dict[str, object], role: str) -> None:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
             for part in ({"alg": "HS256"}, claims)]  # fmt: skip
    headers = headers_of([("Authorization", f"Bearer {'.'.join(parts)}.c2ln")])
    request = Request("GET", "https", "x", "/", "", headers, "")
    roles = Roles()
    assert roles.role((bearer("p"),), request) == role
    assert roles.role((bearer("p"),), request) == role


def test_role_cases_were_run() -> None:
    assert len(CLAIMS) == 8
