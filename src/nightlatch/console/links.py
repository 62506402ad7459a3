"""Addresses of pages whose subject has a name that is not a path segment."""

from urllib.parse import quote, urlencode

from nightlatch.exchange.facts import ServiceEndpoint


def endpoint_link(at: ServiceEndpoint) -> str:
    whose = {"service": at.service} if at.service else {}
    return "/endpoint?" + urlencode({"key": at.endpoint, **whose}, quote_via=quote)


def requests_link(**fields: str) -> str:
    """The request list, narrowed."""
    return "/requests?" + urlencode(fields, quote_via=quote)
