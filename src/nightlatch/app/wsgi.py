"""What a user puts around a WSGI application: `application = NightlatchWSGI(application)`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from nightlatch.app.installation import Installation
from nightlatch.capture.environ import Environ, StartResponse, WsgiApplication
from nightlatch.capture.wsgi import WsgiCapture

if TYPE_CHECKING:
    from nightlatch.app.agent import Agent


class NightlatchWSGI:
    """WSGI middleware: watches every exchange of `app`, and refuses what may not leave.

    Any setting can be given by keyword, `budgets.caller_hour` as `budgets_caller_hour`. Raises
    ConfigurationError for wrong settings, wherever they come from.
    """

    def __init__(self, app: WsgiApplication, /, **settings: Any) -> None:
        self._bare = app
        self._installation = Installation(
            settings, lambda agent, limits: WsgiCapture(app, agent, **limits)
        )

    @property
    def agent(self) -> "Agent | None":
        return self._installation.agent

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        guarded = self._installation.guard()
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        if guarded is None or self._installation.leaves_alone(path):
            return self._bare(environ, start_response)
        return guarded(environ, start_response)
