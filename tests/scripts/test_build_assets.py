"""What the browser gets comes from the lock file and reaches the wheel."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from scripts import build_assets

LOCK = json.loads((build_assets.SOURCE / "package-lock.json").read_text())
PACKAGES = {name: one for name, one in LOCK["packages"].items() if name}


def test_every_package_is_pinned_by_its_content_and_by_no_address() -> None:
    assert len(PACKAGES) == 11
    for name, package in PACKAGES.items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name


def test_the_wanted_versions_are_exact() -> None:
    wanted = json.loads((build_assets.SOURCE / "package.json").read_text())["dependencies"]
    for name, version in wanted.items():
        assert PACKAGES[f"node_modules/{name}"]["version"] == version


def test_every_icon_and_file_that_pages_name_is_built() -> None:
    named = {
        part.split('"')[0]
        for template in (build_assets.CONSOLE / "templates").rglob("*.html")
        for part in template.read_text().split('icon("')[1:]
    }
    assert len(named) > 15
    assert named <= set(build_assets.ICONS)
    frame = (build_assets.CONSOLE / "templates" / "frame.html").read_text()
    assert "vendor/tabler.min.css" in frame


def test_the_sprite_has_drawings_without_their_own_colours() -> None:
    svg = '<svg class="x"><path stroke="none" d="M0 0h24v24H0z" fill="none" /><path d="M5 13" />'
    symbol = build_assets._symbol("lock", svg)
    assert symbol == '<symbol id="lock" viewBox="0 0 24 24"><path d="M5 13" /></symbol>'


@pytest.mark.slow
def test_the_wheel_carries_the_assets(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=build_assets.ROOT,
        check=True,
        capture_output=True,
        timeout=100,
    )
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    wanted = {*build_assets.FILES.values(), "icons.svg", "LICENSES.txt"}
    missing = {name for name in wanted if f"nightlatch/console/static/vendor/{name}" not in inside}
    challenge = {f"vendor/{name}" for name in build_assets.CHALLENGE_FILES.values()}
    challenge |= {"challenge.html", "challenge.css", "challenge.js"}
    missing |= {name for name in challenge if f"nightlatch/capture/static/{name}" not in inside}
    assert missing == set()
    assert "nightlatch/console/templates/home.html" in inside
    assert build_assets.build() is False
