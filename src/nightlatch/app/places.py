"""Where a server listens, as settings spell it."""


def read_place(place: str) -> tuple[str, int]:
    """Host and port of `0.0.0.0:4181` or `[::]:4181`. Raises ValueError."""
    host, _, port = place.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise ValueError(f"{place!r} is not HOST:PORT, such as 0.0.0.0:4181")
    return host.strip("[]"), int(port)
