"""The reference pages in `docs/` are what the code says today."""

from pathlib import Path

from nightlatch.cli.reference import settings_page

DOCS = Path(__file__).parents[2] / "docs"


def test_the_settings_page_is_up_to_date() -> None:
    page = (DOCS / "reference" / "settings.md").read_text()
    assert page == settings_page(), "run: nightlatch doctor --settings > docs/reference/settings.md"
