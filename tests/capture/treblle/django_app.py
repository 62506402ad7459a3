"""A Django application with Treblle's own middleware, run by itself: `python -m … PORT`."""

import sys
import time
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path, re_path

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="only-for-tests",
    MIDDLEWARE=["treblle.TreblleMiddleware"],
    # A zone that is not the machine's: its time stamps say nothing of the zone.
    TIME_ZONE="America/Chicago",
    TREBLLE={"SDK_TOKEN": sys.argv[2], "API_KEY": "shop-api", "MASKED_FIELDS": sys.argv[3:]},
)


def status(request: HttpRequest, phone: str) -> HttpResponse:
    time.sleep(0.05)
    return JsonResponse({"phone": phone, "registered": True})


def login(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"token": "t0p-s3cret"}, status=401)


def fails(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("nobody catches this")


def gone(request: HttpRequest) -> HttpResponse:
    raise Http404


def page(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse(f"<h1>{name}</h1>")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter([b'{"a": 1}']), content_type="application/json")


urlpatterns = [
    path("v1/users/<str:phone>/status", status),
    path("v1/login", login),
    path("v1/fails", fails),
    path("v1/gone", gone),
    re_path(r"^v1/pages/(?P<name>[a-z]+)/?$", page),
    path("v1/stream", stream),
]


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: object = "-", size: object = "-") -> None:
        pass


if __name__ == "__main__":
    import django
    from django.core.handlers.wsgi import WSGIHandler

    django.setup(set_prefix=False)
    make_server("127.0.0.1", int(sys.argv[1]), WSGIHandler(), handler_class=_Quiet).serve_forever()
