"""What the WSGI middleware costs: CPU before the answer leaves, and in all.

A bare Flask application and the one behind Nightlatch take turns in one process, as in
`middleware`, whose requests they answer. A plain WSGI application, which costs next to nothing, is
beside them, so that what is added can be told from what Flask's own varies by.
"""

import gc
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from flask import Flask, Response, request

from benchmarks.middleware import Sample, calls, small_answer
from nightlatch.app.agent import Agent
from nightlatch.app.wsgi import NightlatchWSGI
from nightlatch.capture.environ import Environ, WsgiApplication

ROUNDS = 8
REQUESTS = 200
"""Requests in each round, per application."""


def _flask() -> Flask:
    app = Flask(__name__)

    @app.get("/v1/users/<phone>/status")
    def status(phone: str) -> Response:
        return Response(small_answer(int(phone[-6:])), mimetype="application/json")

    @app.post("/v1/orders")
    def create() -> Response:
        return Response(request.get_data(), 201, mimetype="application/json")

    return app


def _plain(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    answer = body or small_answer(int(environ["PATH_INFO"].split("/")[3][-6:]))
    start_response(
        "200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))]
    )
    return [answer]


def _environ(scope: dict[str, Any], body: bytes) -> Environ:
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"],
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": scope["client"][0],
        "REMOTE_PORT": str(scope["client"][1]),
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": None,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        key = name.decode().upper().replace("-", "_")
        environ["CONTENT_TYPE" if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value.decode()
    return environ


def _make(application: WsgiApplication, environ: Environ) -> float:
    """CPU of this thread until the server has all of it and has closed it, in microseconds."""
    began = time.thread_time_ns()
    given = application(environ, lambda *_: lambda _: None)
    for _ in given:
        pass
    if hasattr(given, "close"):
        given.close()
    return (time.thread_time_ns() - began) / 1_000


def _round(application: WsgiApplication, agent: Agent | None, asked: list[Environ]) -> Sample:
    gc.collect()
    before = time.process_time_ns()
    inline = [_make(application, environ) for environ in asked]
    if agent is not None:
        agent.drain(30)
    return Sample(inline, (time.process_time_ns() - before) / 1_000 / len(asked))


def _compare(make: Callable[[], WsgiApplication], kind: str, directory: str) -> dict[str, float]:
    bare = make()
    guarded = NightlatchWSGI(make(), data_dir=directory, service="benchmark")
    agent = guarded.agent
    if agent is None:
        raise RuntimeError("Nightlatch did not start; its log says why")
    inline: dict[str, list[float]] = {"bare": [], "guarded": []}
    total: dict[str, list[float]] = {"bare": [], "guarded": []}
    for number in range(ROUNDS):
        for name, app, own in (("bare", bare, None), ("guarded", guarded, agent)):
            asked = [_environ(call.scope, call.body) for call in calls(kind, REQUESTS, 200, number)]
            sample = _round(app, own, asked)
            # The first rounds warm caches and learn the endpoints.
            if number >= 2:
                inline[name].append(statistics.median(sample.inline))
                total[name].append(sample.total)
    agent.close()
    middle = {name: statistics.median(one) for name, one in inline.items()}
    whole = {name: statistics.median(one) for name, one in total.items()}
    return {
        "added": middle["guarded"] - middle["bare"],
        "total": whole["guarded"] - whole["bare"],
        "bare": middle["bare"],
        "ratio": middle["guarded"] / middle["bare"],
    }


def run() -> dict[str, object]:
    """Microseconds of CPU for a request, medians over the rounds."""
    os.environ["NIGHTLATCH_MODE"] = "observe"
    figures: dict[str, object] = {}
    applications: dict[str, Callable[[], WsgiApplication]] = {
        "flask": lambda: _flask().wsgi_app,
        "plain": lambda: _plain,
    }
    with tempfile.TemporaryDirectory() as directory:
        for name, make in applications.items():
            for kind in ("get", "post"):
                found = _compare(make, kind, f"{directory}/{name}-{kind}")
                figures[f"{name}_{kind}_added_us"] = round(found["added"], 1)
                figures[f"{name}_{kind}_total_us"] = round(found["total"], 1)
                figures[f"{name}_{kind}_bare_us"] = round(found["bare"], 1)
                figures[f"{name}_{kind}_ratio_to_bare"] = round(found["ratio"], 2)
    return figures
