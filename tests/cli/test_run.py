"""Applications that were written for Treblle, unchanged, on the servers that people run them on."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.servers import (
    CLIENT,
    PATIENCE,
    Server,
    collector,
    environment,
    eventually,
    free_port,
    nightlatch,
    running,
)

pytestmark = pytest.mark.slow

PHONE = "12015550041"
PATH = f"/v1/users/{PHONE}/status"
ANSWER = {"phone": PHONE, "shade": "cerulean", "grain": "walnut"}

DJANGO = {
    "shop/__init__.py": "",
    "shop/settings.py": """
SECRET_KEY = "of no use"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "shop.urls"
USE_TZ = True
INSTALLED_APPS = ["treblle"]
MIDDLEWARE = [
    "django.middleware.common.CommonMiddleware",
    "treblle.middleware.TreblleMiddleware",
]
TREBLLE = {
    "SDK_TOKEN": "their-token",
    "API_KEY": "their-key",
    "MASKED_FIELDS": ["shade"],
    "EXCLUDED_ROUTES": ["/ping"],
}
""",
    "shop/urls.py": f"""
from django.http import JsonResponse
from django.urls import path

urlpatterns = [
    path("v1/users/<phone>/status", lambda request, phone: JsonResponse({ANSWER!r})),
    path("ping", lambda request: JsonResponse({{}})),
]
""",
    "shop/wsgi.py": """
import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
application = get_wsgi_application()
""",
}

_THEIRS = """
import os, socket

class {name}:
    DEFAULT_HIDDEN_KEYS = ["password"]

    def __init__(self, *given, **named):
        socket.create_connection(os.environ["THEIRS"].split(":"))

    async def __call__(self, request, call_next):
        return await call_next(request)
"""
"""Stands for the SDKs that cannot be installed here, as a copy beside the application."""

FLASK = {
    "treblle_flask/__init__.py": _THEIRS.format(name="Treblle"),
    "shop.py": f"""
from flask import Flask
from treblle_flask import Treblle

app = Flask(__name__)
Treblle(
    app,
    TREBLLE_SDK_TOKEN="their-token",
    TREBLLE_API_KEY="their-key",
    hidden_keys=[*Treblle.DEFAULT_HIDDEN_KEYS, "shade"],
)

@app.get("/v1/users/<phone>/status")
def status(phone):
    return {ANSWER!r}
""",
}

FASTAPI = {
    "trenasty/__init__.py": "",
    "trenasty/middleware/__init__.py": "",
    "trenasty/middleware/treblle.py": _THEIRS.format(name="TreblleMiddleware"),
    "trenasty/configs/__init__.py": "",
    "trenasty/configs/config.py": "import os\nos.environ['TREBLLE_SENSITIVE_KEYS'] = 'pwd,shade'",
    "shop.py": f"""
from fastapi import FastAPI
from trenasty.middleware.treblle import TreblleMiddleware

app = FastAPI()

app.middleware("http")(TreblleMiddleware(app))

@app.get("/v1/users/{{phone}}/status")
async def status(phone: str):
    return {ANSWER!r}
""",
}


@dataclass(frozen=True)
class Case:
    files: dict[str, str]
    command: tuple[str, ...]
    """With {port}."""

    def write(self, place: Path) -> None:
        for name, text in self.files.items():
            path = place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


CASES = {
    "django": Case(DJANGO, ("gunicorn", "-b", "127.0.0.1:{port}", "shop.wsgi")),
    "flask": Case(
        FLASK, ("gunicorn", "--preload", "-w", "2", "-b", "127.0.0.1:{port}", "shop:app")
    ),
    "fastapi": Case(FASTAPI, ("uvicorn", "--workers", "2", "--port", "{port}", "shop:app")),
}


@dataclass
class Theirs:
    """Where Treblle's SDKs would send, by way of a proxy."""

    address: str
    calls: int = 0


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Theirs]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        found = Theirs(address)
        monkeypatch.setenv("HTTPS_PROXY", f"http://{address}")
        monkeypatch.setenv("THEIRS", address)
        monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")

        def count() -> None:
            while True:
                try:
                    listening.accept()[0].close()
                except OSError:
                    return
                found.calls += 1

        threading.Thread(target=count, daemon=True).start()
        yield found
        listening.shutdown(socket.SHUT_RDWR)


@contextmanager
def serving(case: Case, place: Path, *before: str, **settings: str) -> Iterator[Server]:
    """The case's own command, with these words in front of it."""
    case.write(place)
    port = free_port()
    command = [*before, *(word.format(port=port) for word in case.command)]
    with running(command, port, place, **settings) as server:
        yield server
        server.stop()


@dataclass(frozen=True)
class Recorded:
    """A collector, and what it has."""

    url: str
    token: str

    def of(self, service: str) -> Any:
        listed = self._get("/records?limit=50")
        mine = [one["id"] for one in listed if one["service"] == service]
        return [self._get(f"/records/{one}") for one in mine]

    def _get(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        return CLIENT.get(f"{self.url}/api/v1{path}", headers=headers).json()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    place = tmp_path_factory.mktemp("collector")
    token = "a-token-for-tests-of-nightlatch-run"
    with collector(place, TOKEN=token) as server:
        yield Recorded(server.url, token)


@pytest.mark.parametrize("name", CASES)
def test_with_it_nightlatch_watches_and_nothing_goes_to_treblle(
    name: str, tmp_path: Path, theirs: Theirs, recorded: Recorded
) -> None:
    settings = {"URL": recorded.url, "TOKEN": recorded.token, "SERVICE": name}
    with serving(CASES[name], tmp_path, "nightlatch", "run", "--", **settings) as server:
        if name == "django":
            assert server.get("/ping").status_code == 200, "which is excluded"
        assert server.get(PATH).json() == ANSWER
        [record] = eventually(lambda: recorded.of(name))
    assert record["endpoint"] == "GET /v1/users/{phone}/status"
    assert (record["method"], record["status"]) == ("GET", 200)
    told = str(record)
    assert "cerulean" not in told, "they masked it"
    assert "walnut" in told, "what nobody masks is kept"
    assert "Nothing is sent to Treblle" in server.said
    assert theirs.calls == 0


@pytest.mark.parametrize("name", CASES)
def test_without_it_nothing_changes(name: str, tmp_path: Path, theirs: Theirs) -> None:
    with serving(CASES[name], tmp_path) as server:
        assert server.get(PATH).json() == ANSWER
        eventually(lambda: theirs.calls)
    assert not (tmp_path / ".nightlatch").exists()
    assert "nightlatch" not in server.said.lower()


@pytest.mark.parametrize("before", [("run", "--"), ("run",)])
def test_a_command_that_is_not_there_is_told(tmp_path: Path, before: tuple[str, ...]) -> None:
    done = nightlatch(tmp_path, *before, "no-such-server", "--port", "1")
    assert done.returncode == 2
    assert "Cannot start 'no-such-server': No such file or directory." in done.stderr


@pytest.mark.parametrize("before", [("run", "--"), ("run",)])
def test_the_command_keeps_its_words_its_output_and_its_exit_code(
    tmp_path: Path, before: tuple[str, ...]
) -> None:
    script = 'printf "%s|" "$0" "$@"; exit 7'
    done = nightlatch(tmp_path, *before, "sh", "-c", script, "a b", "--help", "--", "-x")
    assert (done.returncode, done.stdout) == (7, "a b|--help|--|-x|")


def test_its_process_is_the_servers_own(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "nightlatch", "run", "--", "sh", "-c", "echo $$"],
        cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True,
    ) as process:  # fmt: skip
        said, _ = process.communicate(timeout=PATIENCE)
    assert int(said) == process.pid


def test_where_only_the_middleware_is_installed_it_runs_too(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise ModuleNotFoundError('none here', name='typer')")
    assert nightlatch(tmp_path, "run", "--", "sh", "-c", "exit 7").returncode == 7
    refused = nightlatch(tmp_path, "version")
    assert refused.returncode == 1
    assert "needs 'typer'" in refused.stderr
