"""Every kind of detection has its help, and the reference page is what the code says today."""

from pathlib import Path

import pytest

from nightlatch.detect.behaviour import DetectorHelp
from nightlatch.detect.help import DETECTORS, help_page, reference
from nightlatch.exchange.judgement import DetectionKind

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "detectors.md"
AWAITED = frozenset(
    {
        DetectionKind.SCRAPING,
        DetectionKind.POLLING,
        DetectionKind.OUT_OF_SEQUENCE,
        DetectionKind.FORCED_BROWSING,
        DetectionKind.SURGE,
        DetectionKind.DROP,
        DetectionKind.DORMANT_ENDPOINT,
        DetectionKind.DEBUG_PATH,
        DetectionKind.BOT,
        DetectionKind.ROTATION,
        DetectionKind.BAD_REPUTATION,
    }
)
"""Kinds that nothing raises yet."""


def test_every_kind_of_detection_has_one_help() -> None:
    kinds = [detector.kind for detector in DETECTORS]
    assert len(kinds) == len(set(kinds))
    assert set(DetectionKind) - set(kinds) <= AWAITED


def test_the_page_is_up_to_date() -> None:
    words = "run: nightlatch detectors --markdown > docs/reference/detectors.md"
    assert PAGE.read_text() == reference(), words


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.kind.value)
def test_a_help_page_says_all_there_is(detector: DetectorHelp) -> None:
    page = help_page(detector)
    for words in (detector.title, detector.what, detector.evidence, detector.errors):
        assert words.strip()
        assert words in page
    assert detector.refuted_by in page
    assert detector.remedy in page
    assert f"`{detector.kind.value}`" in page
    assert "https://owasp.org/API-Security/" in page
    assert all(url.startswith("https://") for url in detector.references)


def test_the_table_leads_to_every_section() -> None:
    page = reference()
    for detector in DETECTORS:
        assert f"[{detector.kind.value}](#" in page
        assert f"### {detector.title}\n" in page
