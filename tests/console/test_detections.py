"""What the console says beside a detection."""

import pytest
from tests.records import NOW, detection, record

from nightlatch.console.rendering import _environment
from nightlatch.detect.help import DETECTORS


def _shown(**fields: object) -> str:
    found = detection(**fields)  # type: ignore[arg-type]
    template = _environment().get_template("parts/detections.html")
    return template.render(record=record(detections=(found,)), now=NOW + 60)


def test_a_detection_comes_with_what_would_refute_it_and_its_detectors_help() -> None:
    page = _shown(confidence=0.85, refuted_by="A `<client>` with an old list.")
    assert "85 % sure." in page
    assert "What would refute it: A <code>&lt;client&gt;</code> with an old list." in page
    assert "Wald&#39;s sequential test" in page


@pytest.mark.slow
def test_every_detector_s_help_can_be_shown() -> None:
    for detector in DETECTORS:
        page = _shown(kind=detector.kind)
        assert "What this detector counts" in page
        assert detector.owasp in page
