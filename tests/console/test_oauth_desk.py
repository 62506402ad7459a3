"""A session's desk: server, client and collections, whose they are, and what is never stored."""

import json
import re
from pathlib import Path

import httpx
import pytest
from tests.console.oauth_house import Person, Place, place
from tests.servers import free_port
from tests.workbench.oauth.flows.serving import serving

from nightlatch.workbench.oauth.catalogue import OFFERS
from nightlatch.workbench.oauth.server.clients import DEMO_SECRET


def test_a_newcomer_is_told_how_to_play_at_once(ada: Person) -> None:
    page = ada.get("/oauth")
    assert "nightlatch oauth serve-test" in page
    assert 'value="http://127.0.0.1:9400"' in page
    assert all(f"/oauth/flows/{offer.id}" in page for offer in OFFERS)


def test_the_server_says_what_it_can(ready: Person) -> None:
    page = ready.get("/oauth")
    assert "token_endpoint" in page
    assert "It has the password grant, which must not be used" in page
    assert "demo-confidential" in page
    assert f"{ready.at.base}/oauth/callback" in page


def test_metadata_can_be_pasted(ada: Person) -> None:
    assert "This is no metadata" in ada.post("/oauth/server", document="{").text
    document = httpx.get(f"{ada.at.server.issuer}/.well-known/openid-configuration").text
    assert ada.post("/oauth/server", document=document).status_code == 303
    assert ada.at.server.issuer in ada.get("/oauth")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "Name a server"),
        ("http://169.254.169.254", "metadata service"),
        ("not an address", "is no https address"),
    ],
)
def test_a_server_that_cannot_be_read_is_told(ada: Person, given: str, words: str) -> None:
    answer = ada.post("/oauth/server", place=given)
    assert answer.status_code == 422
    assert words in answer.text


def test_a_server_that_is_down_is_told(ada: Person) -> None:
    answer = ada.post("/oauth/server", place=f"http://127.0.0.1:{free_port()}")
    assert "cannot be reached: see that it runs" in answer.text


@pytest.mark.slow
def test_what_one_server_gave_is_not_for_another(ready: Person) -> None:
    registered = ready.start("register", name="Mine", authentication="client_secret_basic",
                             grants="client_credentials")  # fmt: skip
    registered.until("done")
    ready.start("client-credentials").until("done")
    first = ready.at.server.issuer
    assert "selected>from “Client credentials”" in ready.get("/oauth/flows/introspect")
    with serving() as other:
        assert ready.post("/oauth/server", place=other.issuer).status_code == 303
        form = ready.get("/oauth/flows/introspect")
        assert f"from “Client credentials” at {first}" in form
        assert '<option value="" selected>as typed below' in form
        refused = registered.act("adopt")
        assert refused.status_code == 409
        assert f"Go back to {first} first" in refused.text
        # The page of the flow still says whose it is.
        assert f'run-at">{first}' in registered.page


@pytest.mark.slow
def test_a_form_that_was_drawn_for_another_question_sends_nothing(ready: Person) -> None:
    flow = ready.start("call", url=f"{ready.at.server.issuer}/api/me", method="GET", asks="on")
    assert 'name="turn" value="1"' in flow.until("approval")
    assert flow.act("send", turn="0").status_code == 422
    assert flow.stage == "approval"
    assert flow.act("send", turn="1").status_code == 303
    flow.until("done")


def test_another_session_finds_nothing(at: Place, ready: Person) -> None:
    flow = ready.start("code", pkce="S256", response_mode="")
    with at.person() as eve:
        for path in (flow.path, f"{flow.path}/stream"):
            answer = eve.http.get(path)
            assert answer.status_code == 404
            assert "belongs to another session" in answer.text
        for act in ("send", "let-go", "brought", "stop", "adopt"):
            assert eve.post(f"{flow.path}/{act}").status_code == 404
        assert "demo-confidential" not in eve.get("/oauth")
    assert flow.stage == "browser"
    flow.act("stop")


def test_flows_are_not_for_machines_or_strangers(at: Place, ready: Person) -> None:
    with httpx.Client(base_url=at.base, headers={"origin": at.base}) as stranger:
        for path in ("/oauth", "/oauth/flows/code", "/oauth/collection", "/oauth/runs/x"):
            assert stranger.get(path).status_code == 401
        assert stranger.post("/oauth/server", data={"place": "x"}).status_code == 401
    forged = ready.http.post("/oauth/server", data={"place": "x"})
    assert forged.status_code == 403


@pytest.mark.slow
def test_forgetting_takes_everything(ready: Person) -> None:
    flow = ready.start("client-credentials")
    flow.until("done")
    ready.post("/oauth/forget")
    assert ready.http.get(flow.path).status_code == 404
    assert "nightlatch oauth serve-test" in ready.get("/oauth")


def test_leaving_forgets_too(at: Place) -> None:
    with at.person() as person:
        person.discover()
        person.start("code", pkce="S256", response_mode="")
        owner = person.csrf
        bench = at.house.app.state.console.bench
        assert owner in bench._desks
        person.post("/settings/leave")
        assert owner not in bench._desks


def test_a_collection_goes_out_and_comes_in_without_secrets(ready: Person) -> None:
    ready.start("code", pkce="plain", response_mode="", parameters="prompt=login\npassword=x")
    answer = ready.http.get("/oauth/collection")
    assert "attachment" in answer.headers["content-disposition"]
    found = json.loads(answer.text)
    assert found["registration"]["client_id"] == "demo-confidential"
    assert found["flows"] == {"code": {"prompt": "login"}}
    assert found["choices"]["code"]["pkce"] == "plain"
    assert DEMO_SECRET not in answer.text
    ready.post("/oauth/forget")
    assert ready.http.get("/oauth/collection").status_code == 404
    assert ready.post("/oauth/collection", collection="[]").status_code == 422
    ready.post("/oauth/collection", collection=answer.text)
    page = ready.get("/oauth")
    assert ready.at.server.issuer in page
    assert "demo-confidential" in page


def test_collections_are_kept_if_somebody_says_so(at: Place, ready: Person) -> None:
    assert at.house.documents.state("oauth-collections") is None
    assert ready.post("/oauth/kept", name=" ").status_code == 422
    ready.post("/oauth/kept", name="Play <b>")
    raw = at.house.documents.state("oauth-collections")
    assert raw is not None
    assert DEMO_SECRET.encode() not in raw
    with at.person() as colleague:
        page = colleague.get("/oauth")
        assert "Play &lt;b&gt;" in page
        colleague.post("/oauth/kept/open", name="Play <b>")
        assert "demo-confidential" in colleague.get("/oauth")
        assert colleague.post("/oauth/kept/open", name="other").status_code == 404
        colleague.post("/oauth/kept/delete", name="Play <b>")
    assert "Play &lt;b&gt;" not in ready.get("/oauth")


@pytest.mark.slow
def test_nothing_calls_servers_where_it_is_switched_off() -> None:
    with place(network=False) as at, at.person() as person:
        page = person.get("/oauth")
        assert "calls no servers" in page
        answer = person.post("/oauth/server", place=at.server.issuer)
        assert answer.status_code == 422
        assert "workbench.network" in answer.text
        person.post("/oauth/server", document=json.dumps({"issuer": at.server.issuer}))
        assert "calls no servers" in person.post("/oauth/flows/client-credentials").text
        for address, fields in (
            ("/tokens", {"token": "eyJ", "key": at.server.issuer, "press": "1"}),
            ("/tokens/keys", {"keys": at.server.issuer, "do": "fetch"}),
        ):
            assert "workbench.network" in person.post(address, **fields).text


@pytest.mark.parametrize("field", ["authority", "certificate", "certificate_key"])
def test_what_cannot_be_read_is_told_apart_in_the_log_alone(
    ready: Person, field: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever has a session is not told which files there are."""
    (tmp_path / "text").write_text("hush")
    (tmp_path / "locked").write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    reasons = {
        "/dev/zero": "no file", str(tmp_path): "no file", str(tmp_path / "text"): "no PEM",
        str(tmp_path / "locked"): "pass phrase", "/nowhere": "No such file",
        "x" * 5_000: "name too long", "\0": "cannot be",
    }  # fmt: skip
    answers = set()
    for name, reason in reasons.items():
        caplog.clear()
        with caplog.at_level("INFO", "nightlatch.console"):
            refused = ready.post("/oauth/client", client_id="demo", **{field: name})
        assert refused.status_code == 422
        (problem,) = re.findall(r"[^>]* is not read: name a PEM file[^<]*", refused.text)
        answers.add(problem)
        assert any(reason.lower() in one.lower() for one in caplog.messages), caplog.messages
    assert len(answers) == 1


@pytest.mark.slow
def test_keys_are_checked_before_they_are_used(ready: Person) -> None:
    public = {"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}
    for key, words in (("nonsense", "neither PEM nor JSON"), (json.dumps(public), "private one")):
        answer = ready.post("/oauth/client", client_id="demo-key", key=key)
        assert answer.status_code == 422
        assert words in answer.text
        assert key not in answer.text
    answer = ready.post("/oauth/client", client_id="x", authentication="magic")
    assert "authenticates by one of" in answer.text
