"""What an application says of one of its own endpoints."""

from msgspec import Struct


class Mark(Struct, frozen=True):
    """A fact that no traffic could tell, from the code or its settings. People who decide in the
    console know better than the code: their contract wins."""

    public: bool = False
    """Meant for everybody, without a credential."""
    owner: str = ""
    reason: str = ""
    """Why it is public, and who says so."""
    sensitive: bool = False
    """Its answers are personal data, whatever they look like."""
    subjects: tuple[str, ...] = ()
    """Names of the parameters and JSON fields that say which person or record it is about."""
