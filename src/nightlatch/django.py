"""Nightlatch in Django, sync or async, under WSGI or ASGI: the first line of MIDDLEWARE.

MIDDLEWARE = ["nightlatch.django.NightlatchMiddleware", ...]
NIGHTLATCH = {"mode": "observe"}  # any setting; may be left out
"""

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from nightlatch.app.configuration import keywords
from nightlatch.app.installation import Installation
from nightlatch.app.last_call import before_sigterm
from nightlatch.app.treblle import treblle_of_django
from nightlatch.capture.frameworks.django import DjangoCapture

if TYPE_CHECKING:
    from nightlatch.app.agent import Agent
    from nightlatch.capture.setup import Limits
    from nightlatch.flight import InFlight


class NightlatchMiddleware:
    """First in MIDDLEWARE, so that it sees what users see.

    Settings come from `NIGHTLATCH` in Django's settings, over the environment and
    `nightlatch.toml`. With wrong ones Django does not start.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        from asgiref.sync import markcoroutinefunction
        from django.conf import settings

        given = {
            **treblle_of_django(settings),
            **keywords(getattr(settings, "NIGHTLATCH", {})),
        }
        self._get_response = get_response
        self._installation = Installation(given, self._make)
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    @property
    def agent(self) -> "Agent | None":
        return self._installation.agent

    def _make(self, agent: "Agent", limits: "Limits") -> DjangoCapture["InFlight"]:
        if self._is_async:
            before_sigterm(agent.drain)
        return DjangoCapture(agent, **limits)

    def __call__(self, request: Any) -> Any:
        guard = self._installation.guard()
        if guard is None or self._installation.leaves_alone(request.path):
            return self._get_response(request)
        if self._is_async:
            return guard.run_async(request, self._get_response)
        return guard.run(request, self._get_response)
