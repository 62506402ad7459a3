"""Code of the languages that servers are written in, as attempts carry it."""
