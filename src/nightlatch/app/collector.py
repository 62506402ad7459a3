"""The collector and console: one server over the embedded stores."""

import os
import secrets
import socket
import time
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from nightlatch import __version__
from nightlatch.app.stores import INGEST_TOKEN, data_dir
from nightlatch.capture.ingest import Ingest
from nightlatch.checks import CHECKS
from nightlatch.console.app import create_console
from nightlatch.respond.metrics import CONTENT_TYPE, Metrics
from nightlatch.respond.recorder import Recorder
from nightlatch.settings import Settings
from nightlatch.store.ports import DocumentStore, EventStore


def build_server(
    settings: Settings, recorder: Recorder, events: EventStore, documents: DocumentStore
) -> FastAPI:
    """Console, REST API, ingest, metrics and health as one application."""
    token = ingest_token(settings)
    app = create_console(
        recorder,
        events,
        documents,
        CHECKS,
        token,
        default_mode=settings.mode,
        public=("/healthz", "/metrics", "/ingest/"),
        version=__version__,
    )
    app.router.routes.extend(
        [Ingest(recorder, token).route, _metrics_route(recorder), _health_route(recorder)]
    )
    return app


def ingest_token(settings: Settings) -> str:
    """What applications must show to send records; made on first start, readable by its owner."""
    if settings.token:
        return settings.token
    path: Path = data_dir(settings) / INGEST_TOKEN
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    token = secrets.token_urlsafe(32)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(token + "\n")
    return token


def listen(settings: Settings) -> socket.socket:
    """The console's socket, open before anything is said of it. Raises OSError that tells what to
    do."""
    host, port = settings.console.host, settings.console.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise OSError(
            f"cannot listen on {host}:{port} ({error.strerror}); is it up already? Another port: "
            f"NIGHTLATCH_CONSOLE_PORT={port + 1}"
        ) from error


class ConsoleServer:
    """The server over open stores: in a thread of the application, or alone in `nightlatch up`."""

    def __init__(
        self,
        settings: Settings,
        recorder: Recorder,
        events: EventStore,
        documents: DocumentStore,
        listener: socket.socket,
    ) -> None:
        self._listener = listener
        self._server = uvicorn.Server(
            uvicorn.Config(
                build_server(settings, recorder, events, documents),
                log_level="warning",
                access_log=False,
                # A live page holds its stream open for as long as it is looked at.
                timeout_graceful_shutdown=1,
            )
        )

    def run(self) -> None:
        """Serve until stopped."""
        self._server.run(sockets=[self._listener])

    def stop(self) -> None:
        self._server.should_exit = True


def _metrics_route(recorder: Recorder) -> Route:
    metrics = Metrics(lambda: recorder.health(time.time()), lambda: recorder.endpoints(time.time()))

    def scrape(_request: Request) -> Response:
        return Response(metrics.render(), media_type=CONTENT_TYPE)

    return Route("/metrics", scrape)


def _health_route(recorder: Recorder) -> Route:
    """For a load balancer or a supervisor: 200 while records can be kept, 503 while they cannot."""

    def healthz(_request: Request) -> Response:
        failing = recorder.health(time.time()).troubles
        return JSONResponse({"status": "failing" if failing else "ok"}, 503 if failing else 200)

    return Route("/healthz", healthz)
