"""GELF 1.1, Graylog's extended log format, over UDP, TCP and HTTP."""
