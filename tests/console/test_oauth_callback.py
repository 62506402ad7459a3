"""Where browsers come back to: what anybody may send there, and what is taken of it."""

from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.console.oauth_house import Person, Place, pairs_of

CALLBACK = "/oauth/callback"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def refused(answer: httpx.Response) -> bool:
    return answer.status_code == 404 and "Nothing waits for this answer" in answer.text


@pytest.mark.slow
def test_without_a_flow_nothing_is_taken(at: Place) -> None:
    for query in ("code=a&state=b", "state=", "x", "error=access_denied", "response=a.b.c"):
        assert refused(httpx.get(f"{at.base}{CALLBACK}?{query}"))
        assert refused(httpx.post(f"{at.base}{CALLBACK}", content=query, headers=FORM))


@pytest.mark.slow
def test_another_state_is_refused_and_the_flow_waits_on(at: Place, ready: Person) -> None:
    flow = ready.start("code", pkce="S256", response_mode="")
    fields = pairs_of(flow.browse())
    for state in ("", "other", fields["state"][:-1], fields["state"] + "x", fields["state"] + "\0"):
        wrong = {**fields, "state": state}
        assert refused(httpx.get(f"{at.base}{CALLBACK}", params=wrong))
    assert refused(httpx.get(f"{at.base}{CALLBACK}", params={"code": fields["code"]}))
    assert flow.stage == "browser"
    assert httpx.get(f"{at.base}{CALLBACK}", params=fields).status_code == 200
    # Once.
    assert refused(httpx.get(f"{at.base}{CALLBACK}", params=fields))
    flow.until("done")


@pytest.mark.slow
def test_a_flow_that_has_ended_takes_nothing(at: Place, ready: Person) -> None:
    flow = ready.start("code", pkce="S256", response_mode="")
    back = flow.browse()
    flow.act("stop")
    assert refused(httpx.get(back))


def test_what_the_server_refuses_is_told_in_the_console_alone(at: Place, ready: Person) -> None:
    flow = ready.start("code", pkce="S256", response_mode="")
    state = pairs_of(flow.browse())["state"]
    told = {"state": state, "error": "access_denied", "error_description": "<b>no</b>",
            "iss": at.server.issuer}  # fmt: skip
    answer = httpx.get(f"{at.base}{CALLBACK}", params=told)
    assert "access_denied" not in answer.text
    page = flow.until("failed")
    assert "access_denied" in page
    assert "<b>no</b>" not in page


def test_a_parameter_twice_is_used_by_nobody(at: Place, ready: Person) -> None:
    flow = ready.start("code", pkce="S256", response_mode="")
    back = flow.browse()
    httpx.get(f"{back}&code=other")
    assert "a parameter twice" in flow.until("failed")


def test_bodies_and_fields_are_bounded(at: Place) -> None:
    many = urlencode([("state", "x")] * 51)
    assert refused(httpx.post(f"{at.base}{CALLBACK}", content=many, headers=FORM))
    long = "state=" + "x" * 300_000
    assert httpx.post(f"{at.base}{CALLBACK}", content=long, headers=FORM).status_code == 413


def test_the_page_is_calm_and_closed_to_others(at: Place) -> None:
    answer = httpx.get(f"{at.base}{CALLBACK}")
    assert answer.status_code == 200
    assert "One moment" in answer.text
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


@pytest.mark.slow
def test_only_this_path_needs_no_session(at: Place) -> None:
    assert httpx.get(f"{at.base}/oauth").status_code == 401
    assert httpx.get(f"{at.base}{CALLBACK}/../runs/x").status_code == 401
    assert httpx.get(f"{at.base}{CALLBACK}er").status_code == 404


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(query=st.text(max_size=60), body=st.binary(max_size=200))
def test_nothing_that_is_sent_there_comes_back(at: Place, query: str, body: bytes) -> None:
    sent = urlencode({"state": query, "code": "marked-by-the-test"})
    answer = httpx.get(f"{at.base}{CALLBACK}?{sent}")
    assert refused(answer)
    assert "marked-by-the-test" not in answer.text
    assert refused(httpx.post(f"{at.base}{CALLBACK}", content=body, headers=FORM))
