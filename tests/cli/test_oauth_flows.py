"""`nightlatch oauth`: the flows as a person and as a machine play them."""

import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.workbench.oauth.flows.serving import Serving, serving
from typer.testing import CliRunner, Result

from nightlatch.cli import cli
from nightlatch.cli.oauth_commands import oauth
from nightlatch.cli.oauth_flows import FLOWS
from nightlatch.cli.output import Refusal
from nightlatch.workbench.oauth.server.clients import DEMO_SECRET

BASIC = ("--client", "demo-confidential", "--secret", DEMO_SECRET)


@pytest.fixture(scope="module")
def server() -> Iterator[Serving]:
    with serving(interval=0) as running:
        yield running


def invoke(*arguments: str, given: str | None = None, **environment: str) -> Result:
    env = {"COLUMNS": "200", "TZ": "UTC", **environment}
    return CliRunner().invoke(cli, ("oauth", *arguments), input=given, env=env)


def said(*arguments: str, exit_code: int = 0, given: str | None = None, **env: str) -> str:
    result = invoke(*arguments, given=given, **env)
    assert result.exit_code == exit_code, result.output
    return " ".join(result.output.split())


def told(*arguments: str, exit_code: int = 0, **env: str) -> dict[str, Any]:
    result = invoke(*arguments, "--json", **env)
    assert result.exit_code == exit_code, (result.output, result.exception)
    found: dict[str, Any] = json.loads(result.stdout.strip().splitlines()[-1])
    return found


def refusal(*arguments: str) -> str:
    result = invoke(*arguments)
    assert isinstance(result.exception, Refusal), result.output
    return str(result.exception)


@pytest.mark.slow
def test_each_command_teaches() -> None:
    names = [one.name for one in oauth.registered_commands if one.name in FLOWS]
    assert len(names) == 14
    for name in names:
        words = said(str(name), "--help")
        assert "--show" in words
        assert "--log" in words


def test_a_server_is_discovered(server: Serving) -> None:
    assert told("discover", server.issuer)["result"]["issuer"] == server.issuer
    assert "token_endpoint" in said("discover", server.issuer)
    assert "cannot be reached" in said("discover", "http://127.0.0.1:1", exit_code=1)


def test_a_token_is_used_asked_about_and_revoked(server: Serving, tmp_path: Path) -> None:
    found = told("client-credentials", server.issuer, *BASIC, "--scope", "api")
    token = tmp_path / "token"
    token.write_text(found["result"]["access_token"])
    answer = told("call", f"{server.issuer}/api/me", "--token", str(token))["result"]
    assert answer["status"] == 200
    words = said("call", f"{server.issuer}/api/me", "--token", str(token))
    assert "200 date: " in words.lower()
    assert '"client_id":"demo-confidential"' in words, "as it came, in one piece"
    assert told("introspect", server.issuer, str(token), *BASIC)["result"]["active"] is True
    assert "revoked" in said("revoke", server.issuer, str(token), *BASIC)
    assert told("introspect", server.issuer, str(token), *BASIC)["result"] == {"active": False}


def test_the_secret_comes_from_the_environment_or_is_asked_for(server: Serving) -> None:
    plain = ("client-credentials", server.issuer, "--client", "demo-confidential")
    assert told(*plain, OAUTH_CLIENT_SECRET=DEMO_SECRET)["result"]["access_token"]
    assert "Issued" in said(*plain, "--secret", "-", given=f"{DEMO_SECRET}\n")
    asked = said(*plain, "--auth", "client_secret_post", given=f"{DEMO_SECRET}\n")
    assert DEMO_SECRET not in asked
    assert "client_secret=***" in asked
    assert "invalid_client" in told(*plain, "--secret", "no", exit_code=1)["fault"]


def test_requests_are_shown_and_not_sent(server: Serving) -> None:
    shown = told("code", server.issuer, *BASIC, "--par", "--show")["requests"]
    assert [("curl" in one, "open" in one) for one in shown] == [
        (True, False), (False, True), (True, False)]  # fmt: skip
    assert DEMO_SECRET not in json.dumps(shown)
    post = ("client-credentials", server.issuer, *BASIC, "--auth", "client_secret_post", "--show")
    assert "client_secret=***" in said(*post)
    assert f"client_secret={DEMO_SECRET}" in said(*post, "--reveal")


def test_the_network_log_has_no_secrets(server: Serving) -> None:
    found = told("client-credentials", server.issuer, *BASIC, "--log")
    assert len(found["log"]) == 2
    assert found["result"]["access_token"] not in json.dumps(found["log"])
    words = said("client-credentials", server.issuer, *BASIC, "--log")
    assert "< content-type: application/json" in words.lower()


def test_a_collection_is_shared_without_secrets(server: Serving, tmp_path: Path) -> None:
    place = tmp_path / "demo.json"
    told("client-credentials", server.issuer, *BASIC, "--scope", "api", "-p", "resource=x",
         "--save", str(place), exit_code=1)  # fmt: skip
    text = place.read_text()
    assert DEMO_SECRET not in text
    assert json.loads(text)["flows"] == {"client-credentials": {"resource": "x"}}
    told("client-credentials", server.issuer, *BASIC, "--scope", "api", "--save", str(place))
    again = told("client-credentials", str(place), OAUTH_CLIENT_SECRET=DEMO_SECRET)
    assert again["result"]["scope"] == "api"


def test_a_saved_log_in_comes_back_to_whoever_repeats_it(server: Serving, tmp_path: Path) -> None:
    place = tmp_path / "demo.json"
    show = ("--client", "demo-public", "--scope", "openid", "--show", "--save", str(place))
    told("code", server.issuer, *show)
    # Any free port, and not the one that was free here.
    assert json.loads(place.read_text())["registration"]["redirect_uri"] == ""
    shown = told("code", str(place), "--show")["requests"]
    assert "redirect_uri=http%3A%2F%2F127.0.0.1%3A" in json.dumps(shown)
    own = "https://app.example/back"
    told("code", str(place), "--redirect", own, *show)
    told("code", str(place), *show)
    assert json.loads(place.read_text())["registration"]["redirect_uri"] == own
    any_port = "http://127.0.0.1:0/mine"
    told("code", str(place), "--redirect", any_port, *show)
    assert json.loads(place.read_text())["registration"]["redirect_uri"] == any_port


def test_a_device_logs_in_and_a_person_is_asked(server: Serving) -> None:
    assert "check that it shows" in said("device", server.issuer, "--client", "demo-device")
    asked = told("ciba", server.issuer, *BASIC, "--login-hint", "ada", "--scope", "openid")
    assert asked["result"]["claims"]["sub"] == "ada"


@pytest.mark.slow
def test_a_browser_logs_in_and_the_tokens_go_on(server: Serving, tmp_path: Path) -> None:
    browser = tmp_path / "browser.py"
    browser.write_text("import sys, httpx\nhttpx.get(sys.argv[1], follow_redirects=True)\n")
    proof = tmp_path / "proof.json"
    public = ("--client", "demo-public", "--dpop", str(proof))
    found = _in_process(
        f"{sys.executable} {browser} %s",
        "code", server.issuer, *public, "--scope", "openid offline_access api",
    )  # fmt: skip
    result = found["result"]
    assert result["claims"]["sub"] == "ada"
    assert result["token_type"] == "DPoP"
    assert stat.S_IMODE(proof.stat().st_mode) == 0o600
    person = told("userinfo", server.issuer, result["access_token"], *public, "--subject", "ada")
    assert person["result"]["sub"] == "ada"
    called = told("call", f"{server.issuer}/api/me", "--token", result["access_token"],
                  "--dpop", str(proof))  # fmt: skip
    assert called["result"]["status"] == 200
    reused = told("refresh", server.issuer, result["refresh_token"], *public, "--reuse")
    assert any("whole family is revoked" in note for note in reused["notes"])


def _in_process(browser: str, *arguments: str, exit_code: int = 0) -> dict[str, Any]:
    """In a process of its own: which browser there is, is settled once."""
    import subprocess

    from tests.servers import environment

    ran = subprocess.run(
        [sys.executable, "-m", "nightlatch", "oauth", *arguments, "--json"],
        env=environment() | {"BROWSER": browser}, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert ran.returncode == exit_code, (ran.stdout, ran.stderr)
    found: dict[str, Any] = json.loads(ran.stdout.strip().splitlines()[-1])
    return found


def test_tokens_are_exchanged_and_given_for_passwords(server: Serving) -> None:
    given = told("password", server.issuer, *BASIC, "--user", "ada", "--password", "test")
    assert any("deprecated" in note for note in given["notes"])
    other = told("exchange", server.issuer, given["result"]["access_token"], *BASIC)
    assert other["result"]["issued_token_type"].endswith("access_token")


def test_a_client_is_registered(server: Serving) -> None:
    made = told("register", server.issuer, "--redirect", "http://127.0.0.1/callback")
    assert made["result"]["client_id"]


def test_an_editor_changes_what_is_sent(server: Serving, tmp_path: Path) -> None:
    editor = tmp_path / "editor.py"
    editor.write_text(
        "import sys, pathlib\np = pathlib.Path(sys.argv[1])\n"
        "p.write_text(p.read_text().replace('grant_type=client_credentials', 'grant_type=odd'))\n"
    )
    found = told("client-credentials", server.issuer, *BASIC, "--edit", exit_code=1,
                 EDITOR=f"{sys.executable} {editor}")  # fmt: skip
    assert "unsupported_grant_type" in found["fault"]
    failed = told("discover", server.issuer, "--edit", exit_code=1, EDITOR="false")
    assert "nothing is sent" in failed["fault"]


@pytest.mark.slow
def test_ones_own_api_is_probed_and_nobody_elses() -> None:
    with serving("accepts-none") as faulty:
        host = faulty.issuer.removeprefix("http://")
        token = told("client-credentials", faulty.issuer, *BASIC)["result"]["access_token"]
        asked = ("probe", f"{faulty.issuer}/api/me", "--token", token, "--rate", "50")
        assert f"--yes-this-is-mine {host}" in refusal(*asked)
        assert "only ever your own" in refusal(*asked, "--yes-this-is-mine", "api.example")
        found = told(*asked, "--yes-this-is-mine", host, "--log", exit_code=1)
        assert [one["id"] for one in found["found"]] == ["unsigned"]
        assert token not in json.dumps(found)


@pytest.mark.slow
def test_ones_own_server_is_probed(tmp_path: Path) -> None:
    browser = tmp_path / "browser.py"
    browser.write_text("import sys, httpx\nhttpx.get(sys.argv[1], follow_redirects=True)\n")
    with serving("code-replay") as faulty:
        found = _in_process(
            f"{sys.executable} {browser} %s", "probe-server", faulty.issuer, "--client",
            "demo-public", "--scope", "openid", "--rate", "50", "--yes-this-is-mine",
            faulty.issuer.removeprefix("http://"), exit_code=1,
        )  # fmt: skip
        assert [one["id"] for one in found["result"]["found"]] == ["code-replay"]
        assert "only ever your own" in said(
            "probe-server", faulty.issuer, "--client", "demo-public", exit_code=1
        )


@pytest.mark.slow
def test_a_sound_api_is_told_so(server: Serving) -> None:
    host = server.issuer.removeprefix("http://")
    token = told("client-credentials", server.issuer, *BASIC)["result"]["access_token"]
    words = said("probe", f"{server.issuer}/api/me", "--token", token, "--rate", "50",
                 "--yes-this-is-mine", host, "--jwks", f"{server.issuer}/jwks")  # fmt: skip
    assert "Nothing found" in words
    assert "Not tried: expired" in words


@pytest.mark.parametrize(("arguments", "words"), [
    (("client-credentials", "{}", "--auth", "odd"), "--auth is one of"),
    (("client-credentials", "{}", "--client-key", "/none"), "No such file"),
    (("client-credentials", "{}", "-p", "odd"), "NAME=VALUE"),
    (("call", "{}", "--token", "t", "-H", "odd"), "Name: value"),
    (("call", "{}", "--token", "t", "-d", "@/none"), "No such file"),
    (("introspect", "{}", ""), "nothing is given"),
])  # fmt: skip
def test_mistakes_are_told(server: Serving, arguments: tuple[str, ...], words: str) -> None:
    assert words in refusal(*(one.format(server.issuer) for one in arguments))
