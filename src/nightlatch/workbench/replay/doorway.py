"""Which endpoint a row means: its method, its route, and where the identifier stands."""

import re

from nightlatch.workbench.replay.freetext import Door, method_in, path_in
from nightlatch.workbench.replay.given import Given, RowFault
from nightlatch.workbench.replay.scenario import Ident, Place

_WITH_BODY = {"POST", "PUT", "PATCH"}


def place_of(given: Given, kind: str, ident: Ident, batch: int, door: Door) -> Place:
    text = given.text("place").lower()
    if text:
        found = [place for place in Place if place in text]
        if not found:
            raise RowFault("place", 'this should be "path", "query" or "body"', text)
        return Place.BODY if batch > 1 else found[0]
    if batch > 1:
        return Place.BODY
    template = given.text("path") or path_in(kind) or ""
    if "{" in template:
        return Place.PATH
    method = given.text("method").upper() or method_in(kind)
    if method in _WITH_BODY:
        return Place.BODY
    if "?" in kind or (method == "GET" and door.place is Place.BODY):
        return Place.QUERY
    return Place.QUERY if template and ident is not Ident.PATH else door.place


def method_of(given: Given, kind: str, place: Place, door: Door) -> str:
    text = given.text("method").upper()
    if text:
        if not re.fullmatch("[A-Z]{3,10}", text):
            raise RowFault("method", 'this should be a method such as "GET"', text)
        return text
    fallback = "POST" if place is Place.BODY else door.method if door.place is place else "GET"
    return method_in(kind) or fallback


def template_of(given: Given, kind: str, place: Place, door: Door) -> str:
    """The route; its parameter in braces is called as the identifier is."""
    path = (given.text("path") or path_in(kind) or "").partition("?")[0]
    if path and not re.fullmatch(r"/[\w\-./{}:~@]*", path, re.ASCII):
        raise RowFault("path", 'this should begin with "/" and be a plain path', path)
    if place is not Place.PATH:
        return _bare(path or (door.template if door.place is place else _bare(door.template)))
    name = name_of(given, door)
    if not path:
        return f"{_bare(door.template)}/{{{name}}}" if door.place is not place else door.template
    if re.search(r"\{[^{}]*\}", path):
        return re.sub(r"\{[^{}]*\}", f"{{{name}}}", path, count=1)
    return f"{path.rstrip('/')}/{{{name}}}"


def name_of(given: Given, door: Door) -> str:
    """What the identifier is called in the request."""
    text = given.text("parameter")
    if text and not re.fullmatch(r"[A-Za-z_]\w{0,60}", text, re.ASCII):
        raise RowFault("parameter", "this should be a plain name", text)
    return text or door.name


def _bare(template: str) -> str:
    return re.sub(r"/\{.*", "", template) or "/v1/look-up"
