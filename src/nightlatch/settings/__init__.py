"""Settings: in code, in the environment and in `nightlatch.toml`."""

from nightlatch.settings.load import (
    FILE_NAME,
    SETTINGS,
    ConfigurationError,
    Judge,
    Setting,
    load_settings,
)
from nightlatch.settings.tree import Settings

__all__ = [
    "FILE_NAME",
    "SETTINGS",
    "ConfigurationError",
    "Judge",
    "Setting",
    "Settings",
    "load_settings",
]
