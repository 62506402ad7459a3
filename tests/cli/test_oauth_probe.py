"""`nightlatch oauth probe` and `probe-server`: what they ask first, show, send and print."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.test_oauth_flows import BASIC, _in_process, refusal, said, told
from tests.servers import free_port
from tests.workbench.oauth.flows.serving import Serving, serving, serving_tls

from nightlatch.workbench.oauth.probe.leash import AGENT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[Serving]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def token(server: Serving) -> str:
    found = told("client-credentials", server.issuer, *BASIC)["result"]["access_token"]
    return str(found)


def host_of(server: Serving) -> str:
    return server.issuer.removeprefix("http://")


def test_what_is_sent_to_an_api_is_shown_and_not_sent(server: Serving, token: str) -> None:
    asked = server.state.questions
    place = f"{server.issuer}/api/me"
    lines = told("probe", place, "--token", token, "--jwks", f"{server.issuer}/jwks", "--show")
    assert len(lines["requests"]) > 60
    assert all(AGENT in one["curl"] for one in lines["requests"])
    assert token not in json.dumps(lines)
    assert token in said("probe", place, "--token", token, "--show", "--reveal")
    assert server.state.questions == asked


def test_what_is_sent_to_a_server_is_shown_and_not_sent(server: Serving) -> None:
    before = len(server.state.codes)
    options = ("--client", "demo-public", "--scope", "openid", "--other-client", "demo-device")
    lines = told("probe-server", server.issuer, *options, "--show")["requests"]
    assert len([one for one in lines if "open" in one]) == 6
    assert any("request_uri" in one.get("curl", "") for one in lines)
    assert len(server.state.codes) == before


def test_a_client_of_mutual_tls_is_shown_with_its_impostor(tmp_path: Path) -> None:
    with serving_tls(tmp_path) as server:
        options = ("--client", "demo-mtls", "--cert", str(server.files.client), "--ca",
                   str(server.files.ca), "--scope", "openid", "--show")  # fmt: skip
        lines = [
            one.get("curl", "") for one in told("probe-server", server.issuer, *options)["requests"]
        ]
        named = [line for line in lines if "impostor.pem" in line]
        assert len(named) == 1
        assert str(server.state.options.mutual) in named[0]
        bare = [line for line in lines if "/token" in line and "--cert" not in line]
        assert len(bare) == 1
        assert "demo-mtls" in bare[0]
        broken = ("--cert", str(tmp_path / "none.pem"), "--ca", str(server.files.ca))
        assert told("probe-server", server.issuer, *options[:2], *broken, "--show")


def test_both_teach() -> None:
    for name in ("probe", "probe-server"):
        words = said(name, "--help")
        assert "Requests a second" in words
        assert "--yes-this-is-mine" in words


def test_common_secrets_are_tried_on_the_signature() -> None:
    with serving("weak-secret") as faulty:
        found = told("client-credentials", faulty.issuer, *BASIC)["result"]["access_token"]
        asked = ("probe", f"{faulty.issuer}/api/me", "--token", found, "--yes-this-is-mine",
                 host_of(faulty), "--rate", "50", "--most", "3")  # fmt: skip
        listed = told(*asked, exit_code=1)
        assert [one["id"] for one in listed["found"]] == ["weak-secret"]
        assert "3 requests" in listed["skipped"][-1]


def test_an_api_is_watched_for_what_it_fetches(server: Serving, token: str) -> None:
    place = f"http://127.0.0.1:{free_port()}"
    found = told(
        "probe", f"{server.issuer}/api/me", "--token", token, "--yes-this-is-mine", host_of(server),
        "--rate", "50", "--listen", place,
    )  # fmt: skip
    assert found["found"] == []
    assert {"foreign-keys", "fetches"} <= set(found["tried"])


def test_with_tls_the_issuers_keys_are_fetched_by_the_same_trust(tmp_path: Path) -> None:
    with serving_tls(tmp_path, "key-confusion") as faulty:
        ca = ("--ca", str(faulty.files.ca))
        found = told("client-credentials", faulty.issuer, *BASIC, *ca)["result"]["access_token"]
        asked = ("probe", f"{faulty.issuer}/api/me", "--token", found, *ca, "--jwks", faulty.issuer)
        place = faulty.issuer.removeprefix("https://")
        listed = told(*asked, "--yes-this-is-mine", place, "--rate", "50", exit_code=1)
        assert [one["id"] for one in listed["found"]] == ["key-confusion"]
        assert "cannot be reached" in refusal(*asked[:-1], "https://127.0.0.1:1", "--show")


@pytest.mark.parametrize(("options", "words"), [
    (("--listen", "https://127.0.0.1:1"), "http://HOST:PORT"),
    (("--listen", "http://127.0.0.1:99999"), "http://HOST:PORT"),
    (("--listen", "127.0.0.1:80"), "http://HOST:PORT"),
    (("--canary", "never there"), "does not have the --canary"),
    (("--cert", "/nowhere"), "certificate's files cannot be used"),
])  # fmt: skip
def test_mistakes_are_told(
    server: Serving, token: str, options: tuple[str, ...], words: str
) -> None:
    asked = ("probe", f"{server.issuer}/api/me", "--token", token)
    assert words in refusal(*asked, "--yes-this-is-mine", host_of(server), *options)


def test_metadata_of_another_issuer_are_a_finding() -> None:
    with serving("wrong-issuer") as faulty:
        asked = ("probe-server", faulty.issuer, "--client", "demo-public")
        found = told(*asked, "--yes-this-is-mine", host_of(faulty), exit_code=1)
        assert [one["id"] for one in found["result"]["found"]] == ["wrong-issuer"]
        assert "other.example" in found["result"]["found"][0]["evidence"]
        words = said(*asked, "--yes-this-is-mine", host_of(faulty), exit_code=1)
        assert "wrong-issuer" in words


def test_a_second_client_must_not_have_the_firsts_code(tmp_path: Path) -> None:
    browser = tmp_path / "browser.py"
    browser.write_text("import sys, httpx\nhttpx.get(sys.argv[1], follow_redirects=True)\n")
    with serving("code-of-another") as faulty:
        found = _in_process(
            f"{sys.executable} {browser} %s", "probe-server", faulty.issuer, "--client",
            "demo-public", "--scope", "openid", "--rate", "50", "--yes-this-is-mine",
            host_of(faulty), "--other-client", "demo-confidential", "--other-secret", BASIC[3],
            exit_code=1,
        )  # fmt: skip
        assert [one["id"] for one in found["result"]["found"]] == ["code-of-another"]
