"""The collector and console: one server over the embedded stores."""

import secrets
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Thread

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from nightlatch import __version__
from nightlatch.app.doorkeeper import source_tokens
from nightlatch.app.places import intake_url, read_place
from nightlatch.app.stores import INGEST_TOKEN, data_dir
from nightlatch.capture.ingest import Ingest
from nightlatch.checks import CHECKS
from nightlatch.console.app import create_console
from nightlatch.console.context import Senders
from nightlatch.respond.metrics import CONTENT_TYPE, Metrics
from nightlatch.respond.recorder import Recorder
from nightlatch.settings import Settings
from nightlatch.store.files import create_file
from nightlatch.store.ports import DocumentStore, EventStore


def build_server(
    settings: Settings,
    recorder: Recorder,
    events: EventStore,
    documents: DocumentStore,
    intake: Sequence[Route] = (),
) -> ASGIApp:
    """Console, REST API, ingest, metrics and health as one application; `intake` is where sources
    send to."""
    token = ingest_token(settings)
    console = create_console(
        recorder,
        events,
        documents,
        CHECKS,
        token,
        default_mode=settings.mode,
        public=("/healthz", "/metrics"),
        network=settings.workbench.network,
        version=__version__,
        # An application's own console takes nothing in.
        senders=Senders(source_tokens(settings, documents), intake_url(settings))
        if intake
        else None,
    )
    console.router.routes.extend([_metrics_route(recorder), _health_route(recorder)])
    # Before the console's own door: whoever sends has a token of its own, and no session.
    return Starlette(routes=[Ingest(recorder, token).route, *intake, Mount("/", console)])


def build_intake(settings: Settings, recorder: Recorder, intake: Sequence[Route]) -> ASGIApp:
    """What may be reached from other machines: ingest, sources and health, and nothing to see."""
    token = ingest_token(settings)
    return Starlette(routes=[Ingest(recorder, token).route, *intake, _health_route(recorder)])


def ingest_token(settings: Settings) -> str:
    """What applications must show to send records; made on first start, readable by its owner."""
    if settings.token:
        return settings.token
    path: Path = data_dir(settings) / INGEST_TOKEN
    if not path.exists():
        create_file(path, f"{secrets.token_urlsafe(32)}\n".encode())
    return path.read_text("ascii").strip()


def listen(settings: Settings) -> socket.socket:
    """The console's socket, open before anything is said of it. Raises OSError that tells what to
    do."""
    host, port = settings.console.host, settings.console.port
    return _open(host, port, f"NIGHTLATCH_CONSOLE_PORT={port + 1}")


def listen_for_sources(settings: Settings) -> socket.socket | None:
    """The socket that has nothing but the intake, where one is asked for. Raises OSError."""
    if not settings.sources.listen:
        return None
    host, port = read_place(settings.sources.listen)
    return _open(host, port, f"NIGHTLATCH_SOURCES_LISTEN={host}:{port + 1}")


def _open(host: str, port: int, other: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise OSError(
            f"cannot listen on {host}:{port} ({error.strerror}); is it up already? Another port: "
            f"{other}"
        ) from error


class CollectorServer:
    """One application over an open socket: in a thread of another one, or in the foreground."""

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        self._listener = listener
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                lifespan="off",
                # A live page holds its stream open for as long as it is looked at.
                timeout_graceful_shutdown=1,
            )
        )
        self._thread: Thread | None = None

    def run(self) -> None:
        """Serve until stopped."""
        self._server.run(sockets=[self._listener])

    def start(self, name: str) -> None:
        """Serve in a thread of this name."""
        self._thread = Thread(target=self.run, name=name, daemon=True)
        self._thread.start()

    def stop(self, patience: float = 0.0) -> None:
        """Take no more; wait so many seconds for what is under way."""
        self._server.should_exit = True
        if self._thread is not None and patience:
            self._thread.join(patience)


def _metrics_route(recorder: Recorder) -> Route:
    metrics = Metrics(
        lambda: recorder.health(time.time()),
        lambda: recorder.endpoints(time.time()),
        lambda: recorder.sources.sources,
        recorder.ways,
    )

    def scrape(_request: Request) -> Response:
        return Response(metrics.render(), media_type=CONTENT_TYPE)

    return Route("/metrics", scrape)


def _health_route(recorder: Recorder) -> Route:
    """For a load balancer or a supervisor: 200 while records can be kept, 503 while they cannot."""

    def healthz(_request: Request) -> Response:
        failing = recorder.health(time.time()).troubles
        return JSONResponse({"status": "failing" if failing else "ok"}, 503 if failing else 200)

    return Route("/healthz", healthz)
