"""What Flask, and whatever else routes with Werkzeug, leaves behind in the WSGI environ."""

import re
from typing import Any

from nightlatch.capture.environ import Environ
from nightlatch.capture.served import NOTHING_KNOWN, PRINCIPAL, ROUTE, Served

_VARIABLE = re.compile(r"<(?:[^:<>]+:)?([a-zA-Z_][a-zA-Z0-9_]*)>")


def served_by_wsgi(environ: Environ, root: str) -> Served:
    """`root` is SCRIPT_NAME before the application was called; dispatchers lengthen it."""
    principal = environ.get(PRINCIPAL, "")
    route = environ.get(ROUTE)
    request = environ.get("werkzeug.request")
    rule = getattr(request, "url_rule", None)
    if rule is None:
        return Served(route, principal) if route or principal else NOTHING_KNOWN
    return Served(route or template_of(rule.rule, environ, root), principal, _view(request, rule))


def template_of(rule: str, environ: Environ, root: str) -> str:
    """A Werkzeug rule, `/users/<int:id>`, below what dispatchers took off the path."""
    base: str = environ.get("SCRIPT_NAME", "")
    mounted = base if base.startswith(root) else root
    return mounted.rstrip("/") + _VARIABLE.sub(r"{\1}", rule)


def _view(request: Any, rule: Any) -> object:
    # Not `current_app`: its context has gone by the time a stream ends.
    views = getattr(request, "nightlatch_views", None)
    return views.get(rule.endpoint) if views else None
