"""Reference pages made from the code itself, so that they cannot be wrong."""

import json
from typing import Any

from nightlatch.settings import SETTINGS, Setting


def settings_page() -> str:
    """`docs/reference/settings.md`, whole."""
    rows = "\n".join(_row(setting) for setting in SETTINGS)
    return (
        "# Settings\n\n"
        "Every setting can be given in three places. Code wins over the environment, the\n"
        "environment over the file, the file over the default.\n\n"
        "| where | `budgets.caller_hour` looks like |\n|---|---|\n"
        "| code | `app.add_middleware(Nightlatch, budgets_caller_hour=50)` |\n"
        "| environment | `NIGHTLATCH_BUDGETS_CALLER_HOUR=50` |\n"
        "| `nightlatch.toml` in the working directory, or the file that `NIGHTLATCH_CONFIG` names "
        "| `[budgets]` and below it `caller_hour = 50` |\n\n"
        "Lists are comma-separated in the environment. All mistakes are told at once when the\n"
        "application starts, each with its place and a suggestion; it does not start with a\n"
        "configuration that it had to guess.\n\n"
        "| setting | environment | default | what it does |\n|---|---|---|---|\n"
        f"{rows}\n"
    )


def _row(setting: Setting) -> str:
    default = _literal(setting.default)
    description = setting.description.replace("|", "\\|")
    return f"| `{setting.name}` | `{setting.environment}` | `{default}` | {description} |"


def _literal(value: Any) -> str:
    if isinstance(value, tuple):
        return json.dumps(list(value))
    return (
        json.dumps(value) if isinstance(value, bool | str) and value == "" else str(value).lower()
    )
