"""The real nginx and HAProxy, told to log to our socket as their manuals say, and nothing else."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.app.test_listeners import listening, port_of
from tests.capture.intakes import RememberingIntake
from tests.servers import CLIENT, eventually, free_port, program

from nightlatch.exchange.source import Part, SourceKind

NGINX, HAPROXY = program("nginx"), program("haproxy")
NO_NGINX = "nginx is not installed: install the package `nginx-light`"
NO_HAPROXY = "HAProxy is not installed: install the package `haproxy`"

pytestmark = pytest.mark.slow


@contextmanager
def running(command: list[str], port: int) -> Iterator[str]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: _answers(url) or process.poll() is not None, pause=0.05)
        assert process.poll() is None, process.stderr and process.stderr.read().decode()
        yield url
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _answers(url: str) -> bool:
    try:
        return CLIENT.get(f"{url}/ready").status_code > 0
    except httpx.HTTPError:
        return False


@contextmanager
def nginx(tmp_path: Path, syslog_port: int, log_format: str = "") -> Iterator[str]:
    port = free_port()
    defined = f"log_format ours {log_format};" if log_format else ""
    chosen = "ours" if log_format else "combined"
    config = tmp_path / "nginx.conf"
    config.write_text(
        f"""
        daemon off; master_process off; pid {tmp_path}/pid; error_log {tmp_path}/error.log;
        events {{}}
        http {{
            client_body_temp_path {tmp_path}/a; proxy_temp_path {tmp_path}/b;
            fastcgi_temp_path {tmp_path}/c; uwsgi_temp_path {tmp_path}/d;
            scgi_temp_path {tmp_path}/e;
            {defined}
            access_log syslog:server=127.0.0.1:{syslog_port},tag=shop {chosen};
            server {{ listen 127.0.0.1:{port}; location / {{ return 200 "hello"; }} }}
        }}
        """
    )
    with running([str(NGINX), "-c", str(config), "-e", f"{tmp_path}/error.log"], port) as url:
        yield url


@pytest.mark.skipif(NGINX is None, reason=NO_NGINX)
def test_nginx_as_its_manual_says(tmp_path: Path) -> None:
    intake = RememberingIntake()
    with (
        listening(intake, syslog_listen=("udp://127.0.0.1:0",)) as listeners,
        nginx(tmp_path, port_of(listeners)) as url,
    ):
        began = time.time()
        CLIENT.get(f"{url}/users/7?full=1", headers={"User-Agent": "sample/1"})
        seen = eventually(lambda: [one for one in intake.seen if one.request.query], pause=0.02)[0]
    request = seen.request
    assert (request.method, request.path, request.query) == ("GET", "/users/7", "full=1")
    assert (request.peer, request.headers.get(b"user-agent")) == ("127.0.0.1", "sample/1")
    assert seen.response is not None
    assert (seen.response.status, seen.response.body.size) == (200, 5)
    assert (seen.service, seen.source.kind, seen.source.name) == (
        "shop",
        SourceKind.SYSLOG,
        "syslog-udp",
    )
    assert abs(seen.at - began) < 30
    assert Part.DURATION in seen.source.unseen


@pytest.mark.skipif(NGINX is None, reason=NO_NGINX)
def test_nginx_with_json_of_its_own_variables(tmp_path: Path) -> None:
    intake = RememberingIntake()
    names = ("request_method", "request_uri", "status", "remote_addr", "request_time", "scheme")
    told = ",".join(f'"{name}":"${name}"' for name in (*names, "http_host", "server_protocol"))
    with (
        listening(intake, syslog_listen=("udp://127.0.0.1:0",)) as listeners,
        nginx(tmp_path, port_of(listeners), f"escape=json '{{{told}}}'") as url,
    ):
        CLIENT.get(f"{url}/users/%C3%A9?full=1")
        seen = eventually(lambda: [one for one in intake.seen if one.request.query], pause=0.02)[0]
    assert (seen.request.path, seen.request.scheme) == ("/users/é", "http")
    assert f"http://{seen.request.host}" == url
    assert not {Part.DURATION, Part.HOST, Part.QUERY, Part.STATUS} & seen.source.unseen


@pytest.mark.skipif(HAPROXY is None, reason=NO_HAPROXY)
@pytest.mark.parametrize("form", ["rfc3164", "rfc5424", "local", "short", "raw"])
def test_haproxy_as_its_manual_says(tmp_path: Path, form: str) -> None:
    intake, port = RememberingIntake(), free_port()
    with listening(intake, syslog_listen=("udp://127.0.0.1:0",)) as listeners:
        config = tmp_path / "haproxy.cfg"
        config.write_text(
            f"""
global
    log 127.0.0.1:{port_of(listeners)} format {form} local0
defaults
    mode http
    log global
    option httplog
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend web
    bind 127.0.0.1:{port}
    http-request return status 200 content-type text/plain string hello
"""
        )
        with running([str(HAPROXY), "-db", "-f", str(config)], port) as url:
            began = time.time()
            CLIENT.get(f"{url}/users/7?full=1")
            seen = eventually(lambda: [one for one in intake.seen if one.request.query], pause=0.02)
    request, response = seen[0].request, seen[0].response
    assert (request.method, request.path, request.query) == ("GET", "/users/7", "full=1")
    assert request.peer == "127.0.0.1"
    assert response is not None
    assert response.status == 200
    assert abs(seen[0].at - began) < 30
    assert seen[0].service == ("syslog-udp" if form in {"short", "raw"} else "haproxy")
