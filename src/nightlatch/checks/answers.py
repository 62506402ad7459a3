"""Which part of an answer a check may judge."""

from nightlatch.checks.check import Evidence
from nightlatch.exchange.disclosure import DataClass, DataItem, Side
from nightlatch.exchange.exchange import Ending, Response
from nightlatch.exchange.headers import Headers

_REFUSED, _RESPONSE = Ending.REFUSED, Side.RESPONSE
SURE_ENOUGH = 0.6
"""Confidence from which a classified value counts as what it looks like."""


def success(evidence: Evidence) -> Response | None:
    """The answer when the application gave the caller what they asked for (2xx)."""
    response = evidence.exchange.response
    if response is not None and 200 <= response.status < 300:
        return response
    return None


def own_headers(evidence: Evidence) -> Headers | None:
    """Header fields that speak for the endpoint, or None where they do not.

    Server errors are often made outside the application's middleware, a 304 repeats only a few
    fields (RFC 9110 section 15.4.5), and an answer given by Nightlatch is not the endpoint's.
    """
    exchange = evidence.exchange
    response = exchange.response
    if response is None or response.status >= 500 or response.status == 304:
        return None
    return None if exchange.ending is _REFUSED else response.headers


def leaving(evidence: Evidence, classes: frozenset[DataClass]) -> list[DataItem]:
    """Data of these classes in the answer, as far as the classifier is sure of it."""
    if not evidence.items:
        return []
    return [
        item
        for item in evidence.items
        if item.side is _RESPONSE and item.data_class in classes and item.confidence >= SURE_ENOUGH
    ]
