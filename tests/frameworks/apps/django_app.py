"""Django in one file, for WSGI and for ASGI: plain views and async ones, functions and classes."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import django
from django.conf import settings
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.urls import path, re_path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.http import require_safe
from tests.frameworks.apps import same

from nightlatch import public, sensitive, subject

IS_ASYNC = os.environ.get("DJANGO_ASYNC") == "1"

if not settings.configured:
    settings.configure(
        SECRET_KEY="of no use",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        APPEND_SLASH=False,
        DATA_UPLOAD_MAX_MEMORY_SIZE=None,
        LOGGING_CONFIG=None,
        MIDDLEWARE=[
            *(["nightlatch.django.NightlatchMiddleware"] if same.GUARDED else []),
            "django.middleware.common.CommonMiddleware",
        ],
    )
    django.setup()


def text(request: HttpRequest) -> HttpResponse:
    return HttpResponse("grüße", content_type="text/plain; charset=utf-8")


def headers(request: HttpRequest) -> HttpResponse:
    response = HttpResponse("two", content_type="text/plain")
    response.headers["X-Twice"] = "1, 2"
    response.set_cookie("a", "1")
    response.set_cookie("b", "2", httponly=True)
    return response


def no_content(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=204)


def not_modified(request: HttpRequest) -> HttpResponse:
    return HttpResponseNotModified()


def redirecting(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect("/json")


def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.body, content_type=request.headers.get("content-type"))


def ignore(request: HttpRequest) -> HttpResponse:
    return HttpResponse("no need", content_type="text/plain")


def form(request: HttpRequest) -> HttpResponse:
    fields = sorted((name, one) for name, several in request.POST.lists() for one in several)
    files = sorted((name, len(file.read())) for name, file in request.FILES.items())
    return HttpResponse(repr((fields, files)), content_type="text/plain")


def _stream(content: Iterable[bytes | None], media: str) -> StreamingHttpResponse:
    """As a WSGI server reads it, or as an ASGI server does."""
    if IS_ASYNC:

        async def produce() -> AsyncIterator[bytes]:
            for piece in content:
                await asyncio.sleep(0.005 if piece is None else 0)
                if piece is not None:
                    yield piece

        return StreamingHttpResponse(produce(), content_type=media)

    def produce_plainly() -> Iterator[bytes]:
        try:
            for piece in content:
                if piece is None:
                    time.sleep(0.005)
                else:
                    yield piece
        finally:
            if hasattr(content, "close"):
                content.close()

    return StreamingHttpResponse(produce_plainly(), content_type=media)


def stream(request: HttpRequest) -> HttpResponse:
    return _stream(same.pieces("piece %d;"), "text/plain")


def stream_json(request: HttpRequest) -> HttpResponse:
    return _stream(same.pieces('{"n": %d}'), "application/json")


def ndjson(request: HttpRequest) -> HttpResponse:
    return _stream(same.pieces('{"n": %d}\n'), "application/x-ndjson")


def gated(request: HttpRequest) -> HttpResponse:
    return _stream(same.gated(), "text/event-stream")


def endless(request: HttpRequest) -> HttpResponse:
    return _stream(same.endless(), "text/event-stream")


def people(request: HttpRequest) -> HttpResponse:
    return HttpResponse(same.as_json(same.PEOPLE), content_type="application/json")


def download(request: HttpRequest) -> HttpResponse:
    return HttpResponse(same.BINARY, content_type="application/octet-stream")


def file(request: HttpRequest) -> HttpResponse:
    return FileResponse(same.file().open("rb"))


def raises(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("the application's own")


def raises_midway(request: HttpRequest) -> HttpResponse:
    return _stream(same.midway(), "application/json")


@public(owner="the shop", reason="everybody may look")
def item(request: HttpRequest, item: int) -> HttpResponse:
    return JsonResponse({"item": item})


def status(request: HttpRequest, phone: str) -> HttpResponse:
    return JsonResponse(same.look_up(phone))


def calls(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"calls": len(same.CALLS)})


class Whisper(View):  # type: ignore[misc]
    @method_decorator(sensitive)  # type: ignore[untyped-decorator]
    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"mood": "fine"})


@subject("pet")
class Find(View):  # type: ignore[misc]
    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"owner": "known"})


class User:
    is_authenticated = True
    pk = "ada"


def me(request: Any) -> HttpResponse:
    request.user = User()
    return JsonResponse({"name": "Ada"})


async def sleepy(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    return JsonResponse({"awake": True})


@require_safe  # type: ignore[untyped-decorator]
def json_(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"phone": "+15550100"})


urlpatterns = [
    path("json", json_),
    path("text", text),
    path("headers", headers),
    path("no-content", no_content),
    path("not-modified", not_modified),
    path("redirect", redirecting),
    path("echo", echo),
    path("ignore", ignore),
    path("form", form),
    path("stream", stream),
    path("stream-json", stream_json),
    path("ndjson", ndjson),
    path("gated", gated),
    path("endless", endless),
    path("people", people),
    path("download", download),
    path("file", file),
    path("raises", raises),
    path("raises-midway", raises_midway),
    path("items/<int:item>", item),
    re_path(r"^v1/users/(?P<phone>[0-9]+)/status$", status),
    path("calls", calls),
    path("whisper", Whisper.as_view()),
    path("find", Find.as_view()),
    path("me", me),
    path("sleepy", sleepy),
]

if IS_ASYNC:
    from django.core.asgi import get_asgi_application

    app: Any = get_asgi_application()
else:
    from django.core.wsgi import get_wsgi_application

    app = get_wsgi_application()
