"""Django's middleware under its other name; where our own stands beside it, there is one of us."""

import logging
from collections.abc import Callable
from typing import Any

from nightlatch.django import NightlatchMiddleware

__all__ = ["TreblleMiddleware"]

log = logging.getLogger("nightlatch")

_OWN = f"{NightlatchMiddleware.__module__}.{NightlatchMiddleware.__qualname__}"


class TreblleMiddleware(NightlatchMiddleware):
    """As `treblle.middleware.TreblleMiddleware` in MIDDLEWARE."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        from django.conf import settings
        from django.core.exceptions import MiddlewareNotUsed

        if _OWN in settings.MIDDLEWARE:
            log.warning("MIDDLEWARE has %s: the line with Treblle's name does nothing.", _OWN)
            raise MiddlewareNotUsed
        super().__init__(get_response)
