"""Nightlatch in Flask.

    from nightlatch.flask import Nightlatch

    app = Flask(__name__)
    Nightlatch(app)

Settings come from `app.config["NIGHTLATCH"]`, over the environment and `nightlatch.toml`; keywords
go over all of them.
"""

from typing import TYPE_CHECKING, Any

from nightlatch.app.configuration import keywords
from nightlatch.app.treblle import treblle_settings
from nightlatch.app.wsgi import NightlatchWSGI
from nightlatch.capture.frameworks.werkzeug import VIEW
from nightlatch.capture.served import PRINCIPAL, principal_of

if TYPE_CHECKING:
    from flask import Flask, Response

    from nightlatch.app.agent import Agent


class Nightlatch:
    """An extension as Flask knows them: `Nightlatch(app)`, or `init_app` later."""

    def __init__(self, app: "Flask | None" = None, **settings: Any) -> None:
        self._settings = settings
        self._guard: NightlatchWSGI | None = None
        if app is not None:
            self.init_app(app)

    @property
    def agent(self) -> "Agent | None":
        return self._guard.agent if self._guard is not None else None

    def init_app(self, app: "Flask") -> None:
        """Watch every exchange of `app`. Raises ConfigurationError for wrong settings."""
        given = {
            **treblle_settings(app.config.get("TREBLLE")),
            **keywords(app.config.get("NIGHTLATCH", {})),
            **self._settings,
        }
        guard = NightlatchWSGI(app.wsgi_app, **given)
        self._guard = guard
        app.wsgi_app = guard  # type: ignore[method-assign]
        app.extensions["nightlatch"] = self
        app.after_request(_note)


def _note(response: "Response") -> "Response":
    """Leave what only Flask's contexts know where the middleware finds it."""
    from flask import current_app, g, request

    environ = request.environ
    environ[VIEW] = current_app.view_functions.get(request.endpoint or "")
    # Where Flask-Login keeps the user once somebody has asked for it; nobody is looked up for us.
    principal = principal_of(g.get("_login_user"))
    if principal:
        environ.setdefault(PRINCIPAL, principal)
    return response
