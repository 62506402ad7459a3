"""For projects that come from Treblle: the same names, the same settings, another import path.

Django: in MIDDLEWARE, `treblle.middleware.TreblleMiddleware` becomes
`nightlatch.treblle.TreblleMiddleware`. Flask: `from treblle_flask import Treblle` becomes
`from nightlatch.treblle import Treblle`. FastAPI: `from trenasty.middleware.treblle import
TreblleMiddleware` becomes `from nightlatch.treblle.fastapi import TreblleMiddleware`. What
`TREBLLE = {...}` or the environment says is kept: masked fields are redacted, excluded routes left
alone; nothing is sent to Treblle. `nightlatch run` does the same without a change in the code.
"""

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from nightlatch.app.treblle import treblle_keywords

if TYPE_CHECKING:
    from flask import Flask

    from nightlatch.treblle.django import TreblleMiddleware

__all__ = ["Treblle", "TreblleMiddleware"]

log = logging.getLogger("nightlatch")


class Treblle:
    """The Flask extension under its other name; `hidden_keys` and `excluded_routes` are kept."""

    DEFAULT_HIDDEN_KEYS: ClassVar[list[str]] = [
        "password", "pwd", "secret", "password_confirmation", "passwordConfirmation", "cc",
        "card_number", "cardNumber", "ccv", "ssn", "credit_score", "creditScore", "authorization",
    ]  # fmt: skip
    """As theirs, for code that adds to it."""

    def __init__(self, app: "Flask | None" = None, **given: Any) -> None:
        from nightlatch.flask import Nightlatch

        self._extension = Nightlatch(**treblle_keywords(given))
        if app is not None:
            self.init_app(app)

    def init_app(self, app: "Flask") -> None:
        """Watch `app`, unless it is watched already."""
        if "nightlatch" in app.extensions:
            log.warning("%s has Nightlatch: the extension with Treblle's name does nothing.", app)
        else:
            self._extension.init_app(app)


def __getattr__(name: str) -> object:
    # Late: who has Flask need not have what Django's middleware brings.
    if name == "TreblleMiddleware":
        return import_module("nightlatch.treblle.django").TreblleMiddleware
    raise AttributeError(f"module 'nightlatch.treblle' has no attribute {name!r}")
