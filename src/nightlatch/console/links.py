"""Addresses of pages whose subject has a name that is not a path segment."""

from urllib.parse import quote, urlencode


def endpoint_link(key: str) -> str:
    return "/endpoint?" + urlencode({"key": key}, quote_via=quote)


def requests_link(**fields: str) -> str:
    """The request list, narrowed."""
    return "/requests?" + urlencode(fields, quote_via=quote)
