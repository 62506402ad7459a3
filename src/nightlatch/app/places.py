"""Where a server listens, as settings spell it."""

from nightlatch.settings import Settings


def read_place(place: str) -> tuple[str, int]:
    """Host and port of `0.0.0.0:4181` or `[::]:4181`. Raises ValueError."""
    host, _, port = place.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise ValueError(f"{place!r} is not HOST:PORT, such as 0.0.0.0:4181")
    return host.strip("[]"), int(port)


def intake_url(settings: Settings) -> str:
    """Where sources send to."""
    host, port = settings.console.host, settings.console.port
    console = f"{f'[{host}]' if ':' in host else host}:{port}"
    return f"http://{settings.sources.listen or console}"
