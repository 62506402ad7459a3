"""Nightlatch in one application, whatever its framework: settings, and an agent once it is needed.

Settings are checked at once, so that an application with wrong ones does not start. Everything else
begins with the first request (or where a server tells that it starts): an application that is
imported in a tool or a test loads no house, and one that is imported before its server forks has
opened no files and started no threads that its children could not share.
"""

import atexit
import logging
from collections.abc import Callable, Mapping
from fnmatch import translate
from re import Pattern
from re import compile as compile_pattern
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from nightlatch.exchange.judgement import Mode
from nightlatch.settings import ConfigurationError, Settings
from nightlatch.store.keys import KeyRefused
from nightlatch.store.ports import StoreFailed

if TYPE_CHECKING:
    from nightlatch.app.agent import Agent
    from nightlatch.capture.setup import Limits

log = logging.getLogger("nightlatch")

G = TypeVar("G")

_UNPROTECTED = "Nightlatch could not start; the application runs without it, UNPROTECTED"


class Installation(Generic[G]):
    """`G` is what watches the application, made by `make` of the agent and the limits to keep."""

    def __init__(self, given: Mapping[str, Any], make: Callable[["Agent", "Limits"], G]) -> None:
        """`given`: settings by keyword, as the code or its framework has them. Raises
        ConfigurationError with every mistake in any source."""
        # Late: an application that imports us, in a tool or a test, need not load the whole house.
        from nightlatch.app.configuration import configure

        self.settings: Settings = configure(given)
        self._excluded = _patterns(self.settings.capture.exclude)
        self._lock = Lock()
        self._started = self.settings.mode is Mode.OFF
        self._make = make
        self._agent: Agent | None = None
        self._guard: G | None = None
        self._refusal: Exception | None = None

    @property
    def agent(self) -> "Agent | None":
        """The agent, started if it was not; None where there is none to be. Raises as `guard`."""
        self.guard()
        return self._agent

    def guard(self, *, starting: bool = False) -> G | None:
        """What watches the application, started if it was not; None where nothing is to. One for
        all threads. Raises what kept it from starting where nothing may pass unwatched.

        `starting`: the application answers nobody yet. A mistake in what its settings point to,
        such as a token that is not there, keeps it from starting, and later fails no request.
        """
        if not self._started:
            with self._lock:
                if not self._started:
                    self._start(starting=starting)
        if self._refusal is not None:
            raise self._refusal
        return self._guard

    def leaves_alone(self, path: str) -> bool:
        """Does the operator not want this path to be watched?"""
        return self._excluded is not None and self._excluded.match(path) is not None

    def close(self) -> None:
        """Record what there is. An agent that has not started has nothing."""
        if self._agent is not None:
            self._agent.close()

    def _start(self, *, starting: bool) -> None:
        """Start everything; a machine that does not let us must not stop the application."""
        from nightlatch.app.agent import build_agent

        try:
            self._agent = agent = build_agent(self.settings)
            atexit.register(agent.close)
            limits: Limits = {
                "body_limit": self.settings.capture.body_limit,
                "fail": "closed" if self.settings.fail == "closed" else "open",
                "on_lost": agent.lose,
            }
            self._guard = self._make(agent, limits)
        except Exception as error:
            wrong = isinstance(error, ConfigurationError)
            if (wrong and starting) or self.settings.fail == "closed":
                # Told to everybody who asks.
                self._refusal = error
            else:
                log.critical("%s: %s", _UNPROTECTED, error, exc_info=_unexpected(error))
        finally:
            self._started = True


def _unexpected(error: Exception) -> bool:
    """Errors of the machine explain themselves; those of ours need their trace."""
    return not isinstance(error, ConfigurationError | KeyRefused | OSError | StoreFailed)


def _patterns(globs: tuple[str, ...]) -> Pattern[str] | None:
    return compile_pattern("|".join(map(translate, globs))) if globs else None
