"""Django and Flask that have Nightlatch already, and Treblle's name beside it."""

import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from tests.servers import environment

import nightlatch.flask
from nightlatch.treblle import Treblle

_DJANGO = """
import django
from django.conf import settings
ours = ["nightlatch.django.NightlatchMiddleware"]
theirs = ["nightlatch.treblle.TreblleMiddleware"]
settings.configure(SECRET_KEY="x", USE_TZ=True, MIDDLEWARE=ours + theirs)
django.setup()
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
import nightlatch.django as room
made = []
room.Installation = lambda given, make: made.append(make)
for middleware in (ours + theirs, theirs + ours, theirs, ours):
    with override_settings(MIDDLEWARE=middleware):
        made.clear()
        WSGIHandler()
        print(len(made))
"""


@pytest.mark.slow
def test_django_has_one_of_us_in_any_order(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _DJANGO], cwd=tmp_path, env=environment(),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["1"] * 4, done.stderr
    assert done.stderr.count("the line with Treblle's name does nothing") == 2


def test_flask_is_watched_once() -> None:
    app = Flask(__name__)
    nightlatch.flask.Nightlatch(app, mode="off")
    watched = app.wsgi_app
    Treblle(app, hidden_keys=["a"])
    assert app.wsgi_app is watched
    later = Treblle(hidden_keys=["a"])
    other = Flask(__name__)
    later.init_app(other)
    assert "nightlatch" in other.extensions
