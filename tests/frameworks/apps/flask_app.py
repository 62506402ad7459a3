"""Flask, with views that use everything it has."""

import time
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask, Response, redirect, request, send_file
from tests.frameworks.apps import same

from nightlatch import public, sensitive, subject

app = Flask(__name__)


@app.get("/json")
def json_() -> dict[str, str]:
    return {"phone": "+15550100"}


@app.get("/text")
def text() -> str:
    return "grüße"


@app.get("/headers")
def headers() -> Response:
    response = Response("two", mimetype="text/plain")
    response.headers.add("X-Twice", "1")
    response.headers.add("X-Twice", "2")
    for cookie in same.COOKIES:
        response.headers.add("Set-Cookie", cookie)
    return response


@app.get("/no-content")
def no_content() -> tuple[str, int]:
    return "", 204


@app.get("/not-modified")
def not_modified() -> tuple[str, int]:
    return "", 304


@app.get("/redirect")
def redirecting() -> Any:
    return redirect("/json")


@app.post("/echo")
def echo() -> Response:
    return Response(request.get_data(), mimetype=request.mimetype or None)


@app.post("/ignore")
def ignore() -> str:
    return "no need"


@app.post("/form")
def form() -> Response:
    fields = sorted(request.form.items(multi=True))
    files = sorted((name, len(file.read())) for name, file in request.files.items())
    return Response(repr((fields, files)), mimetype="text/plain")


def _stream(content: Iterable[bytes], media: str) -> Response:
    return Response(content, mimetype=media)


@app.get("/stream")
def stream() -> Response:
    return _stream(same.pieces("piece %d;"), "text/plain")


@app.get("/stream-json")
def stream_json() -> Response:
    return _stream(same.pieces('{"n": %d}'), "application/json")


@app.get("/ndjson")
def ndjson() -> Response:
    return _stream(same.pieces('{"n": %d}\n'), "application/x-ndjson")


@app.get("/gated")
def gated() -> Response:
    def events() -> Iterator[bytes]:
        for event in same.gated():
            if event is None:
                time.sleep(0.005)
            else:
                yield event

    return _stream(events(), "text/event-stream")


@app.get("/endless")
def endless() -> Response:
    return _stream(same.endless(), "text/event-stream")


@app.get("/people")
def people() -> Response:
    return Response(same.as_json(same.PEOPLE), mimetype="application/json")


@app.get("/download")
def download() -> Response:
    return Response(same.BINARY, mimetype="application/octet-stream")


@app.get("/file")
def file() -> Response:
    return send_file(same.file(), last_modified=0, etag=False)


@app.get("/raises")
def raises() -> str:
    raise RuntimeError("the application's own")


@app.get("/raises-midway")
def raises_midway() -> Response:
    return _stream(same.midway(), "application/json")


@app.get("/items/<int:item>")
@public(owner="the shop", reason="everybody may look")
def item(item: int) -> dict[str, int]:
    return {"item": item}


@app.get("/v1/users/<phone>/status")
def status(phone: str) -> dict[str, object]:
    return same.look_up(phone)


@app.get("/calls")
def calls() -> dict[str, int]:
    return {"calls": len(same.CALLS)}


@app.get("/whisper")
@sensitive
def whisper() -> dict[str, str]:
    return {"mood": "fine"}


@app.get("/find")
@subject("pet")
def find() -> dict[str, str]:
    return {"owner": "known"}


@app.get("/me")
def me() -> dict[str, str]:
    from flask import g

    class User:
        is_authenticated = True

        def get_id(self) -> str:
            return "ada"

    # As Flask-Login leaves it.
    g._login_user = User()
    return {"name": "Ada"}


if same.GUARDED:
    from nightlatch.flask import Nightlatch

    Nightlatch(app)
