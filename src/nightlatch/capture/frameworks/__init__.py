"""How each framework is watched that cannot be, or not as well, through ASGI or WSGI alone."""
