"""`nightlatch oauth serve-test`, as a process."""

import json
import socket
import ssl
from pathlib import Path

import httpx
import pytest
from tests.servers import CLIENT, Server, free_port, running
from typer.testing import CliRunner

from nightlatch.cli import cli
from nightlatch.cli.output import Refusal
from nightlatch.identity.jose import verify
from nightlatch.workbench.oauth.server.faults import FAULTS


def serve(*options: str) -> tuple[list[str], int]:
    port = free_port()
    return ["nightlatch", "oauth", "serve-test", "--port", str(port), *options], port


def told(server: Server) -> dict[str, object]:
    found: dict[str, object] = json.loads(server.said.splitlines()[0])
    return found


@pytest.mark.slow
def test_it_tells_machines_what_there_is(tmp_path: Path) -> None:
    metadata = tmp_path / "client.json"
    metadata.write_text(json.dumps({
        "client_id": "mine", "client_secret": "word", "grant_types": ["client_credentials"],
    }))  # fmt: skip
    options = ("--client", str(metadata), "--fault", "no-iss", "--algorithm", "RS256", "--json")
    command, port = serve(*options)
    with running(command, port, tmp_path) as server:
        said = told(server)
        assert said["issuer"] == server.url
        assert said["faults"] == ["no-iss"]
        assert "Never for production" in str(said["warning"])
        clients = said["clients"]
        assert isinstance(clients, list)
        assert [one["client_id"] for one in clients] == [
            "demo-public", "demo-confidential", "demo-device", "demo-key", "mine",
        ]  # fmt: skip
        assert [bool(one["private_key"]) for one in clients] == [False, False, False, True, False]
        found = server.get("/.well-known/openid-configuration").json()
        assert found["issuer"] == server.url
        assert found["id_token_signing_alg_values_supported"] == ["RS256"]
        form = {"grant_type": "client_credentials"}
        token = CLIENT.post(f"{server.url}/token", data=form, auth=("mine", "word")).json()
        judged = verify(token["access_token"], server.get("/jwks").json())
        assert judged.valid
        assert judged.header["alg"] == "RS256"


def test_a_port_that_is_taken_is_told_before_anything_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        arguments = ["oauth", "serve-test", "--port", str(taken.getsockname()[1]), "--json"]
        with pytest.raises(Refusal, match=r"cannot listen at 127\.0\.0\.1, port \d+ .+--port"):
            CliRunner().invoke(cli, arguments, catch_exceptions=False)


@pytest.mark.slow
def test_it_tells_people_what_to_try(tmp_path: Path) -> None:
    command, port = serve("--fault", "accepts-none", "--issuer", "https://id.test")
    with running(command, port, tmp_path) as server:
        assert "Never for production" in " ".join(server.said.split())
        assert "Fault on: accepts-none" in server.said
        assert "https://id.test/authorize?response_type=code" in server.said
        assert "nightlatch oauth code https://id.test --client demo-public" in server.said
        assert server.get("/jwks").status_code == 200


@pytest.mark.slow
def test_with_tls_it_knows_clients_by_certificates(tmp_path: Path) -> None:
    kept, spare = tmp_path / "kept here", free_port()
    options = ("--tls-directory", str(kept), "--mtls-port", str(spare), "--json")
    command, port = serve(*options)
    with running(command, port, tmp_path) as server:
        said = told(server)
        assert said["issuer"] == f"https://127.0.0.1:{port}"
        assert said["mutual_tls"] == f"https://127.0.0.1:{spare}"
        files = said["certificates"]
        assert isinstance(files, dict)
        assert {Path(path).parent for path in files.values()} == {kept}
        trusting = ssl.create_default_context(cafile=files["ca"])
        form = {"grant_type": "client_credentials", "client_id": "demo-mtls", "scope": "api"}
        endpoint = f"{said['mutual_tls']}/token"
        assert httpx.post(endpoint, data=form, verify=trusting).status_code == 401
        trusting.load_cert_chain(files["demo-mtls"])
        assert httpx.post(endpoint, data=form, verify=trusting).status_code == 200


@pytest.mark.slow
def test_with_tls_it_tells_people_whom_to_trust_and_leaves_nothing(tmp_path: Path) -> None:
    command, port = serve("--tls", "--mtls-port", str(free_port()))
    with running(command, port, tmp_path) as server:
        words = " ".join(server.said.split())
        authority = words.partition("--cacert ")[2].partition(" ")[0]
        assert Path(authority).exists()
        assert f"nightlatch oauth code https://127.0.0.1:{port} --client demo-public" in words
        assert f"--client demo-mtls --cert {authority.removesuffix('ca.pem')}" in words
        server.process.terminate()
        assert server.process.wait(20) == 0
    assert not Path(authority).parent.exists()


def test_it_lists_its_faults() -> None:
    listed, told = (
        CliRunner().invoke(cli, ["oauth", "serve-test", "--faults", *more]).stdout
        for more in (["--json"], [])
    )
    assert [one["name"] for one in json.loads(listed)] == [fault.name for fault in FAULTS]
    assert all(fault.name in told for fault in FAULTS)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--fault", "nonsense"), "no such fault: nonsense"),
        (("--issuer", "id.test"), "scheme, host and port alone"),
        (("--issuer", "https://id.test/path"), "scheme, host and port alone"),
        (("--algorithm", "none"), "one of ES256, RS256"),
        (("--tls-directory", "/proc/nowhere"), "cannot be used"),
        (("--client", "nowhere.json"), "neither a file nor JSON"),
        (("--client", "{}"), "client_id is missing"),
        (("--client", '{"client_id": "x", "scope": "all"}'), "not served"),
    ],
)
def test_mistakes_are_told_in_words(options: tuple[str, ...], words: str) -> None:
    done = CliRunner().invoke(cli, ["oauth", "serve-test", *options])
    assert isinstance(done.exception, Refusal)
    assert words in str(done.exception)
