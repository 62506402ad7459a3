"""The frameworks on the servers that people run them on, each as a process of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import Server, environment, free_port, started


@dataclass(frozen=True)
class House:
    name: str
    command: tuple[str, ...]
    """Of `python -m`, with {port}."""
    variables: dict[str, str] = field(default_factory=dict)
    websockets: bool = False
    background: bool = False
    keeps_alive: bool = True


def _gunicorn(name: str, app: str, *options: str, **more: object) -> House:
    quiet = ("--log-level", "critical", "--bind", "127.0.0.1:{port}", *options)
    return House(name, ("gunicorn", *quiet, app), **more)  # type: ignore[arg-type]


_APPS = "tests.frameworks.apps."
_UVICORN = ("--port", "{port}", "--no-access-log", "--log-level", "critical")

HOUSES = (
    _gunicorn("flask-gunicorn-sync", f"{_APPS}flask_app:app", keeps_alive=False),
    _gunicorn("flask-gunicorn-threads", f"{_APPS}flask_app:app", "--threads", "4"),
    _gunicorn("django-gunicorn-threads", f"{_APPS}django_app:app", "--threads", "4"),
    House(
        "django-uvicorn",
        ("uvicorn", f"{_APPS}django_app:app", *_UVICORN),
        {"DJANGO_ASYNC": "1"},
    ),
    House(
        "starlette-uvicorn",
        ("uvicorn", f"{_APPS}starlette_app:app", *_UVICORN),
        websockets=True,
        background=True,
    ),
    _gunicorn(
        "starlette-gunicorn-uvicorn",
        f"{_APPS}starlette_app:app",
        "-k",
        "tests.frameworks.uvicorn_worker.Worker",
        websockets=True,
        background=True,
    ),
    House(
        "litestar-uvicorn",
        ("uvicorn", f"{_APPS}litestar_app:app", *_UVICORN),
        websockets=True,
        background=True,
    ),
    House(
        "aiohttp",
        ("aiohttp.web", "-H", "127.0.0.1", "-P", "{port}", f"{_APPS}aiohttp_app:make"),
        websockets=True,
    ),
    House(
        "sanic",
        ("sanic", f"{_APPS}sanic_app:app", "--port", "{port}", "--single-process", "--no-motd"),
        websockets=True,
    ),
)


@contextmanager
def open_house(house: House, place: Path, *, guarded: bool, **settings: str) -> Iterator[Server]:
    """Start it in a directory of its own below `place`."""
    port = free_port()
    home = place / f"{house.name}-{port}"
    home.mkdir()
    variables = {
        **environment(**settings),
        **house.variables,
        "GUARDED": str(int(guarded)),
        # Some frameworks put sets into headers.
        "PYTHONHASHSEED": "0",
    }
    command = [part.format(port=port) for part in house.command]
    with started(command, port, home, variables) as server:
        yield server
