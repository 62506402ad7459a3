"""Search filters of directories (RFC 4515)."""
