"""Flows played through the console over HTTP, against the test authorization server."""

import json
import re

import httpx
import msgspec
import pytest
from markupsafe import escape
from tests.console.oauth_house import Person, Place, place

from nightlatch.workbench.oauth.probe import weakness

pytestmark = pytest.mark.slow

_INPUT = re.compile(r'name="([^"]+)" value="([^"]*)"')


def test_a_log_in_step_by_step(ready: Person) -> None:
    flow = ready.start("code", pkce="S256", asks="on")
    back = flow.browse()
    # Another browser than that of the session: it has no cookie.
    assert httpx.get(back).status_code == 200
    page = flow.until("approval")
    assert "Exchange the code for tokens?" in page
    assert flow.act("send").status_code == 303
    assert "Read the issuer&#39;s keys?" in flow.until("approval")
    flow.act("send")
    page = flow.until("done")
    assert "The ID token is verified, and says" in page
    assert "whom or what it is about" in page
    assert "2 exchanges" in page


def test_what_is_shown_masks_what_is_secret(ready: Person) -> None:
    flow = ready.start("client-credentials", asks="on")
    page = flow.until("approval")
    assert 'class="code masked"' in page
    assert "Authorization: Basic ***" in page
    assert "curl -sS" in page
    flow.act("let-go")
    page = flow.until("done")
    assert page.index('class="masked"') < page.index('class="bare"')


def test_a_request_is_edited_and_a_malformed_one_is_not_sent(ready: Person) -> None:
    flow = ready.start("call", url=f"{ready.at.server.issuer}/api/me", method="GET", asks="on")
    flow.until("approval")
    refused = flow.act("send", text="this is no request")
    assert refused.status_code == 422
    assert "Nothing was sent. The first line is a method" in refused.text
    headers = {"x-piece": "1"}
    data = {"csrf_token": ready.csrf, "text": "GET /relative\n\n"}
    piece = ready.http.post(f"{flow.path}/send", data=data, headers=headers)
    assert (piece.status_code, piece.headers["content-type"][:10]) == (422, "text/plain")
    assert flow.stage == "approval"
    flow.act("send", text=f"GET {ready.at.server.issuer}/jwks\r\n\r\n")
    assert f"GET {ready.at.server.issuer}/jwks" in flow.until("done")


def test_tokens_go_on_to_the_next_flow_without_being_typed(ready: Person) -> None:
    flow = ready.start("code", pkce="S256")
    httpx.get(flow.browse())
    flow.until("done")
    run = flow.path.rpartition("/")[2]
    form = ready.get(f"/oauth/flows/introspect?of={run}")
    assert f'value="{run}" selected' in form
    chosen = {"token-at-hand": run}
    for name in ("userinfo", "introspect", "refresh"):
        extra = {"hint": ""} if name == "introspect" else {}
        ready.start(name, **chosen, **extra).until("done")
    called = ready.start("call", url=f"{ready.at.server.issuer}/api/me", method="GET", **chosen)
    page = called.until("done")
    assert "The API answered" in page
    assert "/requests?method=GET&amp;text=%2Fapi%2Fme" in page
    revoked = ready.start("revoke", hint="", **chosen).until("done")
    assert "Revoked, or never known" in revoked
    called = ready.start("call", url=f"{ready.at.server.issuer}/api/me", method="GET", **chosen)
    assert "401" in called.until("done")


def test_reuse_of_a_refresh_token_is_told(ready: Person) -> None:
    flow = ready.start("code", pkce="S256")
    httpx.get(flow.browse())
    flow.until("done")
    run = flow.path.rpartition("/")[2]
    page = ready.start("refresh", reuse="on", **{"token-at-hand": run}).until("done")
    assert "Reuse is detected" in page


@pytest.mark.parametrize(
    ("flow", "fields"),
    [
        ("code", {"pkce": "S256", "response_mode": "form_post"}),
        ("code", {"pkce": "S256", "response_mode": "fragment"}),
        ("code", {"pkce": "S256", "response_mode": "jwt"}),
        ("code", {"pkce": "S256", "pushed": "on"}),
        ("implicit", {"response_type": "id_token token"}),
        ("hybrid", {"response_type": "code id_token", "pkce": "S256"}),
    ],
)
def test_every_way_back_is_taken(ready: Person, flow: str, fields: dict[str, str]) -> None:
    run = ready.start(flow, **{"response_mode": "", **fields})
    address = run.address()
    if fields.get("response_mode") == "form_post":
        pairs = dict(_INPUT.findall(httpx.get(address).text))
        answer = httpx.post(f"{ready.at.base}/oauth/callback", data=pairs)
    else:
        back = httpx.get(address).headers["location"]
        place, hash_, fragment = back.partition("#")
        if hash_:
            # What the page's script does with it.
            assert "One moment" in httpx.get(place).text
            form = {"content-type": "application/x-www-form-urlencoded"}
            answer = httpx.post(place, content=fragment, headers=form)
        else:
            answer = httpx.get(back)
    assert answer.status_code == 200
    assert "You can close this window" in answer.text
    page = run.until("done")
    assert ("Deprecated: " in page) == (flow != "code")


def test_a_device_shows_its_code_until_the_person_confirms(at: Place, ready: Person) -> None:
    usual = at.server.state.options
    at.server.state.options = msgspec.structs.replace(usual, auto=False)
    try:
        flow = ready.start("device")
        page = flow.until("elsewhere")
        code = page.partition('class="user-code" aria-label="Code">')[2].partition("<")[0]
        form = {"user_code": code, "decision": "allow"}
        httpx.post(f"{at.server.issuer}/device", data=form)
        assert "Tokens were issued" in flow.until("done")
    finally:
        at.server.state.options = usual


def test_the_other_grants(ready: Person) -> None:
    ready.start("ciba", login_hint="ada").until("done")
    flow = ready.start("password", user="ada", password="test")
    assert "Deprecated: the password grant" in flow.until("done")
    run = flow.path.rpartition("/")[2]
    fields = {"token-at-hand": run, "kind": "access_token", "wanted": ""}
    assert "Tokens were issued" in ready.start("exchange", **fields).until("done")


def test_dpop_binds_tokens_to_a_key_of_the_desk(ready: Person) -> None:
    method = "client_secret_basic"
    ready.post("/oauth/client", client_id="demo-confidential", dpop="on", scope="api",
               authentication=method)  # fmt: skip
    assert "demo-confidential" in ready.get("/oauth")
    flow = ready.start("client-credentials")
    assert "DPoP, good for" in flow.until("done")
    run = flow.path.rpartition("/")[2]
    called = ready.start("call", url=f"{ready.at.server.issuer}/api/me", method="GET",
                         **{"token-at-hand": run})  # fmt: skip
    assert 'answer-2">200' in called.until("done")


def test_a_new_client_is_registered_and_taken_up(ready: Person) -> None:
    flow = ready.start("register", name="Mine", authentication="client_secret_basic",
                       grants="authorization_code client_credentials")  # fmt: skip
    assert "Go on as this client" in flow.until("done")
    assert flow.act("adopt").status_code == 303
    assert "dynamic-" in ready.get("/oauth")
    assert "Tokens were issued" in ready.start("client-credentials").until("done")


def test_the_session_ends_at_the_server(ready: Person) -> None:
    flow = ready.start("logout")
    flow.until("browser")
    assert "I have done it" in flow.page
    flow.act("brought")
    flow.until("done")


def test_an_answer_can_be_brought_by_hand(ready: Person) -> None:
    flow = ready.start("code", pkce="S256")
    back = flow.browse()
    nothing = flow.act("brought", address="http://127.0.0.1/oauth/callback")
    assert nothing.status_code == 422
    assert flow.stage == "browser"
    flow.act("brought", address=back)
    flow.until("done")


def test_a_flow_needs_a_server_and_its_fields(ada: Person) -> None:
    answer = ada.post("/oauth/flows/client-credentials")
    assert "Name a server first" in answer.text
    ada.discover()
    for flow, fields, words in (
        ("introspect", {}, "“Token” is needed"),
        ("code", {"pkce": "S512", "response_mode": ""}, "“PKCE” is one of those listed"),
        ("code", {"pkce": "S256", "response_mode": "", "parameters": "x"}, "NAME=VALUE"),
        ("introspect", {"token-at-hand": "gone", "hint": ""}, "not at hand any more"),
        ("call", {"url": "ftp://x", "method": "GET"}, "begins with https://"),
        ("probe-server", {"again": "x", "other_secret": "s"}, "Name the other client"),
        ("call", {"url": "http://x", "method": "GET", "headers": "nonsense"}, "no header"),
    ):
        answer = ada.post(f"/oauth/flows/{flow}", **fields)
        assert answer.status_code == 422, flow
        assert words in answer.text
    assert ada.http.get("/oauth/flows/nonsense").status_code == 404


def test_too_many_flows_are_refused(ready: Person) -> None:
    flows = [ready.start("code", pkce="S256", response_mode="") for _ in range(4)]
    answer = ready.post("/oauth/flows/code", pkce="S256", response_mode="")
    assert answer.status_code == 422
    assert "4 of your flows are on their way" in answer.text
    assert flows[0].act("stop").status_code == 303
    assert "Stopped: nothing more is sent" in flows[0].until("failed")
    ready.start("code", pkce="S256", response_mode="")
    ready.post("/oauth/forget")


def test_the_stream_draws_the_panel_and_ends(ready: Person) -> None:
    flow = ready.start("client-credentials", asks="on")
    flow.until("approval")
    with ready.http.stream("GET", f"{flow.path}/stream") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        text = ""
        for piece in answer.iter_text():
            text += piece
            if "Waits for your yes" in text and "posted" not in text:
                flow.act("let-go")
                text += "posted"
    assert "event: panel" in text
    assert "Tokens were issued" in text
    assert text.rstrip().endswith("data:") or "event: end" in text


def test_a_probe_wants_the_host_twice_and_reports(ready: Person) -> None:
    flow = ready.start("client-credentials")
    flow.until("done")
    host = ready.at.server.issuer.removeprefix("http://")
    fields = {
        "url": f"{ready.at.server.issuer}/api/me", "token-at-hand": flow.path.rpartition("/")[2],
    }  # fmt: skip
    refused = ready.start("probe-api", again="other.example", **fields).until("failed")
    assert "only ever your own API" in refused
    assert "--" not in refused.partition("It did not work")[2].partition("Start again")[0]
    assert f"{host}" in refused


def test_a_signed_request_with_the_clients_key(at: Place, ready: Person) -> None:
    ready.post("/oauth/client", client_id="demo-key", key=json.dumps(at.server.key),
               scope="openid", redirect_uri=f"{at.base}/oauth/callback")  # fmt: skip
    flow = ready.start("code", pkce="S256", response_mode="", signed="on", pushed="on")
    httpx.get(flow.browse())
    assert "Tokens were issued" in flow.until("done")


def test_a_probe_of_an_api_ends_with_a_report() -> None:
    with place("accepts-other-audience") as at, at.person() as person:
        person.discover()
        flow = person.start("client-credentials")
        flow.until("done")
        host = at.server.issuer.removeprefix("http://")
        token = {"token-at-hand": flow.path.rpartition("/")[2]}
        refused = at.server.elsewhere(token_of(at))
        probe = person.start("probe-api", url=f"{at.server.issuer}/api/me", again=host,
                             other_audience=refused, rate="50", **token)  # fmt: skip
        page = probe.until("done")
        assert escape(weakness.AUDIENCE.title) in page
        assert escape(weakness.AUDIENCE.remedy) in page
        assert "Not tried:" in page
        assert "(--" not in page


def test_a_probe_of_a_server_goes_through_the_browser() -> None:
    with place("code-replay") as at, at.person() as person:
        person.discover()
        host = at.server.issuer.removeprefix("http://")
        probe = person.start("probe-server", again=host)
        page = probe.browse_on()
        assert escape(weakness.CODE_REPLAY.title) in page


def test_a_probe_of_a_server_with_another_client_and_a_scope() -> None:
    with place("code-of-another", "grants-any-scope") as at, at.person() as person:
        person.discover()
        host = at.server.issuer.removeprefix("http://")
        fields = {"again": host, "forbidden": "admin", "other": "demo-public"}
        page = person.start("probe-server", **fields).browse_on()
        assert escape(weakness.FOREIGN_CODE.title) in page
        assert "The scope admin was asked for, and is granted." in page
        form = person.get("/oauth/flows/probe-server")
        # The names are at hand for the next time; the host is not.
        assert 'value="demo-public"' in form
        assert host not in form.partition('name="again"')[2].partition(">")[0]


def token_of(at: Place) -> str:
    (desk,) = [one for one in at.house.app.state.console.bench._desks.values() if one.held]
    token: str = desk.held[0].tokens.access_token
    return token
