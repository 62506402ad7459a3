"""Applications behind the gateway that speak HTTP/2 or TLS: another HAProxy stands for them."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.app.gateway_house import gateway, needs_haproxy, proxy, upstream
from tests.servers import CLIENT, Server, free_port, program

from nightlatch.app.haproxy import HAProxy
from nightlatch.capture.gateway.haproxy import Plan, configuration, spoe_configuration
from nightlatch.capture.gateway.upstream import read_upstream

pytestmark = [pytest.mark.slow, needs_haproxy]


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with upstream(tmp_path_factory.mktemp("upstream")) as server:
        yield server


def certificate(place: Path, name: str, host: str) -> Path:
    """Signed by itself, so that it is its own authority; with its key."""
    key, pem = place / f"{name}.key", place / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}",
         "-keyout", key, "-out", pem],
        check=True, capture_output=True,
    )  # fmt: skip
    pem.write_bytes(pem.read_bytes() + key.read_bytes())
    return pem


@contextmanager
def application(place: Path, behind: Server, binding: str) -> Iterator[Server]:
    """Tells, in fields of the request, how it was asked."""
    config = f"""
    frontend application
        bind 127.0.0.1:{{port}} {binding}
        http-request set-header x-spoken "%[req.ver]"
        http-request set-header x-asked-for "%[ssl_fc_sni]"
        default_backend behind
    backend behind
        server behind 127.0.0.1:{behind.port}
    """
    with proxy(place, config) as server:
        yield server


def told(url: str) -> dict[str, str]:
    answer = CLIENT.post(f"{url}/echo", json={"a": 1})
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["fields"])


def test_http2_is_spoken_where_it_is_wanted(behind: Server, tmp_path: Path) -> None:
    with (
        application(tmp_path, behind, "proto h2") as far,
        gateway(tmp_path, far, "--upstream-h2") as server,
    ):
        assert told(server.url)["x-spoken"] == "2.0"
        assert server.get("/chunked").json() == behind.get("/chunked").json()
        assert len(server.get("/download?n=300000").content) == 300_000


def test_tls_to_the_application_is_verified(behind: Server, tmp_path: Path) -> None:
    pem = certificate(tmp_path, "site", "localhost")
    with application(tmp_path, behind, f"ssl crt {pem} alpn h2,http/1.1") as far:
        url = f"https://localhost:{far.port}"
        with gateway(tmp_path, far, "--upstream", url, GATEWAY_UPSTREAM_AUTHORITY=str(pem)) as one:
            heard = told(one.url)
            assert (heard["x-spoken"], heard["x-asked-for"]) == ("1.1", "localhost")
            assert one.stop() == 0
        with gateway(
            tmp_path, far, "--upstream", url, "--upstream-h2", GATEWAY_UPSTREAM_AUTHORITY=str(pem)
        ) as two:
            assert told(two.url)["x-spoken"] == "2.0"


@contextmanager
def standing_before(upstream: str, authority: Path | None, place: Path) -> Iterator[str]:
    """The gateway's HAProxy, without anybody to ask."""
    port = free_port()
    plan = Plan(
        listen=[f"127.0.0.1:{port}"],
        upstream=read_upstream(upstream),
        upstream_authority=str(authority or ""),
        place=place,
    )
    haproxy = HAProxy(Path(str(program("haproxy"))), place)
    haproxy.configure(configuration(plan), spoe_configuration())
    haproxy.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        haproxy.stop(grace=0.0)


REFUSED = {
    # Whom the certificate names, whether it is believed, and under which name it is asked for.
    "authority": ("localhost", False, "localhost"),
    "nobody's": ("localhost", None, "localhost"),
    "name": ("elsewhere.example", True, "localhost"),
    "address": ("localhost", True, "127.0.0.1"),
}


@pytest.mark.parametrize("wrong", REFUSED)
def test_whoever_is_not_the_application_is_told_nothing(
    behind: Server, tmp_path: Path, wrong: str
) -> None:
    named, believed, asked = REFUSED[wrong]
    shown = certificate(tmp_path, "site", named)
    other = None if believed is None else certificate(tmp_path, "other", "localhost")
    with application(tmp_path, behind, f"ssl crt {shown}") as far:
        url = f"https://{asked}:{far.port}"
        with standing_before(url, shown if believed else other, tmp_path) as door:
            assert CLIENT.get(f"{door}/users?n=1").status_code == 503


def test_an_address_is_verified_where_a_certificate_names_it(
    behind: Server, tmp_path: Path
) -> None:
    shown = certificate(tmp_path, "site", "127.0.0.1")
    with (
        application(tmp_path, behind, f"ssl crt {shown}") as far,
        standing_before(f"https://127.0.0.1:{far.port}", shown, tmp_path) as door,
    ):
        assert told(door)["x-spoken"] == "1.1"
