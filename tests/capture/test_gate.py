"""Challenges are met: solutions become passes, in the same request or at the path for it."""

import asyncio
import gzip
import json
import time
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.capture.challenging import Door, challenging, solve
from tests.capture.recording import FORBID, JSON, Talk, answering, http_scope, part, start, talk

from nightlatch.capture.gate import _local
from nightlatch.capture.ports import Scope
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.judgement import Action, Decision, Mode

APP = answering(start(200, JSON), part(b'{"phone": "+15550100"}'))
NAVIGATES = ((b"accept", b"text/html,*/*;q=0.8"), (b"sec-fetch-mode", b"navigate"))
FORM = (b"content-type", b"application/x-www-form-urlencoded")


def ask(door: Door, *headers: tuple[bytes, bytes], **changes: Any) -> Talk:
    body = changes.pop("body", b"")
    fields = [(b"host", b"api.example"), *headers]
    scope = http_scope(**{"path": "/users/7", "raw_path": None, "headers": fields, **changes})
    return asyncio.run(talk(door.inline.around(APP, clock=door.clock), scope, [body]))


def post(door: Door, form: dict[str, str], *headers: tuple[bytes, bytes], **changes: Any) -> Talk:
    body = urlencode(form).encode()
    settings = {"path": "/.nightlatch/pass", "method": "POST", "body": body, **changes}
    return ask(door, FORM, *headers, **settings)


def challenge_of(heard: Talk) -> dict[str, Any]:
    challenge: dict[str, Any] = json.loads(heard.body)["challenge"]
    return challenge


def solution_to(heard: Talk) -> tuple[bytes, bytes]:
    return (b"nightlatch-solution", solve(challenge_of(heard)).encode())


def test_a_program_is_told_what_to_do() -> None:
    door = challenging()
    heard = ask(door)
    told = json.loads(heard.body)
    assert heard.status == told["status"] == 403
    assert heard.headers[b"content-type"] == b"application/problem+json"
    assert heard.headers[b"cache-control"] == b"no-store"
    assert b"Nightlatch-Pass" in heard.headers[b"vary"]
    assert int(heard.headers[b"content-length"]) == len(heard.body)
    assert told["challenge"].keys() == {"algorithm", "challenge", "maxnumber", "salt", "signature"}
    assert told["challenge"]["maxnumber"] == 400
    assert "Nightlatch-Solution" in told["detail"]
    assert "because" not in told["detail"]
    (finished,) = door.inline.finished
    assert finished.ending is Ending.REFUSED
    assert finished.response is not None
    assert finished.response.ours


def test_a_solved_request_proceeds_at_once_with_its_pass() -> None:
    door = challenging()
    heard = ask(door, solution_to(ask(door)))
    assert (heard.status, heard.body) == (200, b'{"phone": "+15550100"}')
    token = heard.headers[b"nightlatch-pass"].decode()
    assert door.passes.circle_of(token, time.time())
    cookie = heard.headers[b"set-cookie"].decode()
    assert cookie.startswith(f"nightlatch-pass={token}; Path=/; Max-Age=3600; HttpOnly")
    assert "SameSite=Lax" in cookie
    # A cache between us and others must not hand the pass to them.
    assert heard.headers[b"cache-control"] == b"no-store"
    seen = door.inline.requests[-1].headers
    assert seen.get(b"nightlatch-pass") == token


@pytest.mark.parametrize("how", ["header", "cookie"])
def test_the_pass_opens_the_door_further_on(how: str) -> None:
    door = challenging()
    token = ask(door, solution_to(ask(door))).headers[b"nightlatch-pass"]
    shown = (b"nightlatch-pass", token) if how == "header" else (b"cookie", b"a=1; " + token)
    if how == "cookie":
        shown = (b"cookie", b"a=1; nightlatch-pass=" + token)
    heard = ask(door, shown)
    assert heard.status == 200
    assert b"set-cookie" not in heard.headers


def test_the_new_pass_stands_in_for_the_old_one() -> None:
    door = challenging()
    heard = ask(door, (b"nightlatch-pass", b"1.old"), solution_to(ask(door)))
    assert heard.status == 200
    assert len(door.inline.requests[-1].headers.get_all(b"nightlatch-pass")) == 1


def test_a_posted_body_arrives_whole() -> None:
    door = challenging()
    heard = ask(door, solution_to(ask(door)), method="POST", body=b"x" * 100_000)
    assert heard.status == 200
    assert door.inline.finished[-1].request.body.size == 100_000


def test_a_used_solution_is_challenged_anew_and_told_so() -> None:
    door = challenging()
    solution = solution_to(ask(door))
    assert ask(door, solution).status == 200
    heard = ask(door, solution)
    assert heard.status == 403
    assert "was used before" in json.loads(heard.body)["detail"]
    assert challenge_of(heard)


@pytest.mark.parametrize("value", [b"", b"nonsense", b"x" * 60_000, bytes(range(128, 256))])
def test_a_bad_solution_is_challenged_anew(value: bytes) -> None:
    heard = ask(challenging(), (b"nightlatch-solution", value))
    assert heard.status == 403
    assert "not accepted" in json.loads(heard.body)["detail"]


def test_a_solution_behind_https_makes_a_secure_cookie() -> None:
    door = challenging()
    solution = solution_to(ask(door))
    assert b"Secure" not in ask(door, solution).headers[b"set-cookie"]
    solution = solution_to(ask(door))
    assert b"; Secure" in ask(door, solution, scheme="https").headers[b"set-cookie"]
    solution = solution_to(ask(door))
    forwarded = (b"x-forwarded-proto", b"https"), (b"x-forwarded-for", b"198.51.100.7")
    heard = ask(door, solution, *forwarded, client=("127.0.0.1", 5000))
    assert b"; Secure" in heard.headers[b"set-cookie"]


def test_without_a_gate_a_challenge_is_a_refusal() -> None:
    door = challenging()
    door.inline.gate = None
    heard = ask(door)
    assert heard.status == 403
    assert json.loads(heard.body).keys() == {"type", "title", "status", "detail"}
    # And our paths are the application's.
    assert ask(door, path="/.nightlatch/pass").status == 403


def test_preflights_pass_and_the_answer_can_be_read_across_origins() -> None:
    door = challenging()
    origin = (b"origin", b"https://app.example")
    asks = (b"access-control-request-method", b"GET")
    assert ask(door, origin, asks, method="OPTIONS").status == 200
    assert ask(door, origin, method="OPTIONS").status == 403
    heard = ask(door, origin, solution_to(ask(door)))
    assert heard.headers[b"access-control-expose-headers"] == b"Nightlatch-Pass"


@pytest.mark.parametrize(
    ("how", "status"),
    [({"uniform": True}, 202), ({"without": ("phone",)}, 200), ({"delay": 0.01}, 200)],
)
def test_an_altered_answer_brings_the_pass_too(how: dict[str, Any], status: int) -> None:
    door = challenging()
    solution = solution_to(ask(door))
    decision = Decision(Action.ALLOW, Mode.ENFORCE, **how)
    door.inline.at_request = lambda _: decision
    door.inline.at_response = lambda _: decision
    heard = ask(door, solution)
    assert heard.status == status
    assert door.passes.circle_of(heard.headers[b"nightlatch-pass"].decode(), time.time())


def test_who_is_refused_for_another_reason_gets_the_pass_all_the_same() -> None:
    door = challenging()
    solution = solution_to(ask(door))
    door.inline.at_request = lambda _: FORBID
    heard = ask(door, solution)
    assert heard.status == 403
    assert door.passes.circle_of(heard.headers[b"nightlatch-pass"].decode(), time.time())


# The page


def test_a_person_gets_a_page_that_runs_nothing_of_others() -> None:
    door = challenging()
    heard = ask(door, *NAVIGATES, path="/<b>ä", query_string=b"a=1&b=%22")
    assert heard.status == 403
    assert heard.headers[b"content-type"] == b"text/html; charset=utf-8"
    assert heard.headers[b"cache-control"] == b"no-store"
    policy = heard.headers[b"content-security-policy"].decode()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = heard.body.decode()
    assert 'name="to" value="/%3Cb%3E%C3%A4?a=1&amp;b=%22"' in page
    assert "<script>" not in page
    assert "style=" not in page
    assert "maxnumber&quot;:400" in page
    assert 'lang="en"' in page


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ((b"accept", b"application/json"),),
        ((b"accept", b"text/html"), (b"sec-fetch-mode", b"cors")),
    ],
)
def test_scripts_get_the_problem(headers: tuple[tuple[bytes, bytes], ...]) -> None:
    assert challenge_of(ask(challenging(), *headers))


def test_the_page_stands_where_the_application_is_mounted() -> None:
    door = challenging()
    for path in ("/api/users/7", "/users/7"):
        heard = ask(door, *NAVIGATES, path=path, root_path="/api")
        page = heard.body.decode()
        assert 'action="/api/.nightlatch/pass"' in page
        assert 'name="to" value="/api/users/7"' in page
    for path in ("/api/.nightlatch/challenge.css", "/.nightlatch/challenge.css"):
        assert ask(door, path=path, root_path="/api").status == 200


def test_the_way_back_is_as_it_was_sent() -> None:
    sent = {"path": "/a/b%c", "raw_path": b"/a%2Fb%25c", "query_string": b"q=%2F"}
    page = ask(challenging(), *NAVIGATES, **sent).body.decode()
    assert 'name="to" value="/a%2Fb%25c?q=%2F"' in page
    page = ask(challenging(), *NAVIGATES, path="/a/b%c").body.decode()
    assert 'name="to" value="/a/b%25c"' in page


def puzzle_in(heard: Talk) -> dict[str, Any]:
    found: dict[str, Any] = {}

    class Widget(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag == "altcha-widget":
                found.update(json.loads(dict(attrs)["challenge"] or ""))

    Widget().feed(heard.body.decode())
    return found


def test_a_browser_posts_its_solution_and_is_sent_back() -> None:
    door = challenging()
    solution = solve(puzzle_in(ask(door, *NAVIGATES)))
    heard = post(door, {"solution": solution, "to": "/users/7?a=1"}, *NAVIGATES)
    assert (heard.status, heard.headers[b"location"]) == (303, b"/users/7?a=1")
    assert heard.headers[b"cache-control"] == b"no-store"
    cookie = heard.headers[b"set-cookie"].partition(b";")[0]
    assert ask(door, (b"cookie", cookie)).status == 200
    again = post(door, {"solution": solution, "to": "/users/7"}, *NAVIGATES)
    assert again.status == 403
    assert b"That did not work" in again.body
    assert b"set-cookie" not in again.headers


def test_bad_tries_neither_cheapen_puzzles_nor_keep_them_dear() -> None:
    door = challenging()
    ask(door)
    assert challenge_of(post(door, {"solution": "bad"}))["maxnumber"] == 400
    door.ahead = 100
    assert challenge_of(post(door, {}))["maxnumber"] == 400
    door.ahead = 121
    assert challenge_of(post(door, {}))["maxnumber"] == 100_000


def test_a_program_can_fetch_a_pass_alone() -> None:
    door = challenging()
    solution = solve(challenge_of(ask(door)))
    heard = post(door, {"solution": solution})
    assert (heard.status, heard.body) == (204, b"")
    assert ask(door, (b"nightlatch-pass", heard.headers[b"nightlatch-pass"])).status == 200
    again = post(door, {"solution": solution})
    assert again.status == 403
    assert "was used before" in json.loads(again.body)["detail"]


@pytest.mark.parametrize(
    ("to", "goes"),
    [
        ("/users/7?a=1", "/users/7?a=1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("\\\\evil.example", "/"),
        ("/a\r\nset-cookie: x=1", "/"),
        ("javascript:alert(1)", "/"),
        ("/" + "a" * 9_000, "/"),
        ("/ä", "/"),
        ("", "/"),
    ],
)
def test_nobody_is_sent_elsewhere(to: str, goes: str) -> None:
    door = challenging()
    solution = solve(challenge_of(ask(door)))
    heard = post(door, {"solution": solution, "to": to}, *NAVIGATES)
    assert heard.headers[b"location"].decode() == goes


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_a_target_is_a_path_of_this_site(to: str) -> None:
    target = _local(to)
    assert target.startswith("/")
    assert not target.startswith(("//", "/\\"))
    assert target.isprintable()


# Waiting


def ticket_in(heard: Talk) -> str:
    page = heard.body.decode()
    return page.split('name="ticket" value="')[1].split('"')[0]


def test_a_person_without_a_script_waits() -> None:
    door = challenging()
    ticket = ticket_in(ask(door, *NAVIGATES))
    early = post(door, {"ticket": ticket, "to": "/users/7"}, *NAVIGATES)
    assert early.status == 403
    assert b"a little early" in early.body
    assert ticket_in(early) == ticket
    door.ahead = 30
    heard = post(door, {"ticket": ticket, "to": "/users/7"}, *NAVIGATES)
    assert (heard.status, heard.headers[b"location"]) == (303, b"/users/7")
    again = post(door, {"ticket": ticket, "to": "/users/7"}, *NAVIGATES)
    assert b"could not be accepted" in again.body
    assert ticket_in(again) != ticket


def test_tickets_of_one_address_are_of_no_use_to_another() -> None:
    door = challenging(wait=0)
    ticket = ticket_in(ask(door, *NAVIGATES))
    assert post(door, {"ticket": ticket}, *NAVIGATES, client=("203.0.113.9", 1)).status == 403
    assert post(door, {"ticket": ticket}, *NAVIGATES).status == 303


def test_where_nobody_may_wait_nothing_is_said_of_it() -> None:
    page = ask(challenging(per_hour=0), *NAVIGATES).body.decode()
    assert '<section aria-labelledby="other" hidden>' in page


# Our own paths


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("challenge.css", "text/css"),
        ("challenge.js", "text/javascript"),
        ("altcha.js", "text/javascript"),
        ("altcha.css", "text/css"),
        ("sha.js", "text/javascript"),
    ],
)
def test_the_page_has_its_files(name: str, media: str) -> None:
    door = challenging()
    plain = ask(door, path=f"/.nightlatch/{name}")
    assert plain.status == 200
    assert plain.headers[b"content-type"].decode().startswith(media)
    small = ask(door, (b"accept-encoding", b"gzip"), path=f"/.nightlatch/{name}")
    assert gzip.decompress(small.body) == plain.body
    # They are no exchanges of the application.
    assert door.inline.finished == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"path": "/.nightlatch/"}, 404),
        ({"path": "/.nightlatch/../refusal.py"}, 404),
        ({"path": "/.nightlatch/vendor/altcha.js"}, 404),
        ({"path": "/.nightlatch/pass"}, 405),
        ({"path": "/.nightlatch/altcha.js", "method": "DELETE"}, 405),
        ({"path": "/.nightlatch/pass", "method": "POST", "body": b"x" * 100_000}, 403),
        ({"path": "/.nightlatch/pass", "method": "POST", "body": b"&".join([b"a=b"] * 99)}, 403),
        ({"path": "/.nightlatch/pass", "method": "POST", "body": b"\xff\xfe%zz"}, 403),
    ],
)
def test_what_our_paths_do_not_do(changes: Scope, status: int) -> None:
    assert ask(challenging(), **changes).status == status


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"solution=", b"ticket=1.", b"to=/&ticket="]))
def test_any_form_is_a_value_and_no_exception(body: bytes, beginning: bytes) -> None:
    changes = {"path": "/.nightlatch/pass", "method": "POST", "body": beginning + body}
    assert ask(challenging(), **changes).status == 403


@pytest.mark.parametrize("path", ["/x/.nightlatch/altcha.js", "/.nightlatchx", "/.nightlatch"])
def test_other_paths_are_the_applications(path: str) -> None:
    door = challenging()
    assert ask(door, path=path).status == 403
    assert len(door.inline.finished) == 1


def test_a_fault_at_our_paths_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE", raising=False)
    door = challenging()
    heard = ask(door, path="/.nightlatch/pass", method="POST", scheme=None, client=7)
    assert heard.status == 503


@pytest.mark.parametrize(("fail", "status"), [("open", 200), ("closed", 503)])
def test_a_fault_of_the_gate_opens_or_closes(
    monkeypatch: pytest.MonkeyPatch, fail: str, status: int
) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE", raising=False)
    door = challenging()

    def broken(*_: object) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(door.inline.gate, "challenge", broken)
    app = door.inline.around(APP, fail=fail)
    assert asyncio.run(talk(app, http_scope())).status == status


def test_the_decision_on_record_is_the_challenge() -> None:
    door = challenging()
    ask(door)
    decision = door.inline.at_request(door.inline.requests[0])
    assert decision.action is Action.CHALLENGE
