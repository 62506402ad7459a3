"""The attacks in a request that are attacks here."""

from urllib.parse import quote

import pytest
from msgspec.structs import replace
from tests.checks.attacks.engine import whole_engine
from tests.checks.attacks.requests import a_request, read

from nightlatch.checks.attacks.engine import CLEAN, AttackEngine, Inspection
from nightlatch.exchange.exchange import Caller, Endpoint, Request
from nightlatch.faults import FAULTS
from nightlatch.policy.attacks import BROKEN, Inspector
from nightlatch.policy.exceptions import Exceptions

CONSOLE = Endpoint("POST", "/reports/query")
CALLER = Caller("10.20.0.7", ("address:10.20.0.7",))
SQL = a_request("POST", "/reports/query", {"sql": "1' UNION SELECT name FROM users--"})
BOTH = a_request("POST", "/reports/query", {"sql": "1 or 1=1--", "title": "<svg onload=alert(1)>"})


def inspect(exceptions: str, request: Request, caller: Caller = CALLER) -> Inspection:
    inspector = Inspector(whole_engine(), Exceptions(exceptions))
    return inspector.inspect(*read(request), CONSOLE, caller)


def found(exceptions: str, request: Request, caller: Caller = CALLER) -> list[str]:
    return sorted(attack.check for attack in inspect(exceptions, request, caller).attacks)


def test_without_exceptions_it_is_what_the_engine_found() -> None:
    assert inspect("", SQL) == whole_engine().inspect(*read(SQL))
    assert found("", BOTH) == ["cross-site-scripting", "sql-injection"]
    assert inspect("check = sql-injection", a_request("GET", "/reports")) is CLEAN


def test_an_exception_takes_out_one_attack_and_leaves_the_other() -> None:
    exception = 'endpoint = "POST /reports/query" and check = sql-injection and name = "$.sql"'
    assert found(exception, SQL) == []
    assert found(exception, BOTH) == ["cross-site-scripting"]


def test_an_exception_for_an_address_holds_for_that_address_alone() -> None:
    exception = "address in (10.20.0.0/16)"
    assert found(exception, SQL) == []
    assert found(exception, SQL, replace(CALLER, address="10.21.0.7")) == ["sql-injection"]


def test_a_fault_of_ours_leaves_the_request_unread_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> Inspection:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(AttackEngine, "inspect", broken)
    with pytest.raises(RuntimeError):
        inspect("", SQL)
    monkeypatch.delenv("NIGHTLATCH_RAISE")
    assert inspect("", SQL) is BROKEN
    assert FAULTS.counts()["policy.attacks"] == 2


def test_what_was_left_unread_is_still_said() -> None:
    deep = "<"
    for _ in range(8):
        deep = quote(deep, safe="")
    request = a_request("GET", f"/reports?q=1'+or+1=1--&deep={deep}")
    excepted = inspect("check = sql-injection", request)
    assert excepted.attacks == ()
    assert excepted.unread == "values were encoded more than four times"
