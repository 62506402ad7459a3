"""The only place that knows concrete classes: what is built of which parts, and the middleware."""

from nightlatch.app.middleware import Nightlatch as Nightlatch
