"""Syslog: RFC 5424 and what came before it, over UDP (RFC 5426), TCP (6587) and TLS (5425)."""
