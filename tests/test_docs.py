"""What there is has its words in `docs/`, and every link in the documents leads somewhere."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from nightlatch.checks import CHECKS
from nightlatch.cli import cli
from nightlatch.cli.late import loaded
from nightlatch.settings import SETTINGS

ROOT = Path(__file__).parents[1]
PAGES = {path: path.read_text() for path in (ROOT / "docs").rglob("*.md")}
WORDS = "\n".join(PAGES.values())
DOCUMENTS = [*PAGES, ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md"]


def test_every_setting_command_and_check_has_its_words() -> None:
    commands = [name for name, one in loaded(get_command(cli)).items() if not one.hidden]
    named = [
        *(f"`{setting.name}`" for setting in SETTINGS),
        *(f"`{setting.environment}`" for setting in SETTINGS),
        *(f"`nightlatch {name}`" for name in commands),
        *(f"`{check.id}`" for check in CHECKS),
    ]
    assert len(named) > 2 * 25 + 7 + 30
    assert [name for name in named if name not in WORDS] == []


def test_settings_that_documents_name_exist() -> None:
    known = {setting.environment for setting in SETTINGS} | {"NIGHTLATCH_CONFIG"}
    told = WORDS + (ROOT / "README.md").read_text() + (ROOT / "ARCHITECTURE.md").read_text()
    found = set(re.findall(r"NIGHTLATCH_[A-Z0-9_]+", told))
    assert found
    assert found <= known


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document.name}: {target}"
