"""What Flask, and whatever else routes with Werkzeug, leaves behind in the WSGI environ."""

from typing import Any

from nightlatch.capture.environ import Environ
from nightlatch.capture.frameworks.templates import braces
from nightlatch.capture.served import NOTHING_KNOWN, PRINCIPAL, ROUTE, Served

VIEW = "nightlatch.view"
"""Key in the environ: the function that answers, as our Flask extension finds it."""


def served_by_wsgi(environ: Environ, root: str) -> Served:
    """`root` is SCRIPT_NAME before the application was called; dispatchers lengthen it."""
    principal: str = environ.get(PRINCIPAL, "")
    route: str | None = environ.get(ROUTE)
    rule: Any = getattr(environ.get("werkzeug.request"), "url_rule", None)
    if rule is None:
        return Served(route, principal) if route or principal else NOTHING_KNOWN
    base: str = environ.get("SCRIPT_NAME", "")
    mounted = base if base.startswith(root) else root
    template = route or mounted.rstrip("/") + braces(rule.rule)
    return Served(template, principal, environ.get(VIEW))
