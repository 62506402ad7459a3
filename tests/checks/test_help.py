"""The help texts: complete, true to the checks, and the same in the documentation."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from nightlatch.checks import CHECKS
from nightlatch.checks.check import Check
from nightlatch.checks.help import cwe_url, help_page, owasp_url, reference
from nightlatch.exchange.judgement import Level

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "checks.md"
COMMAND = "nightlatch checks --markdown > docs/reference/checks.md"

each_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)


def test_the_reference_in_the_documentation_is_up_to_date() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == reference(CHECKS), (
        f"{REFERENCE.name} differs from the checks' help. Make it again: {COMMAND}"
    )


def test_the_reference_names_every_check_once_in_its_table_and_once_below() -> None:
    text = reference(CHECKS)
    for check in CHECKS:
        assert text.count(f"| [{check.id}](#") == 1
        assert text.count(f"### {check.title}\n") == 1
    assert COMMAND in text


def test_the_reference_begins_with_the_gravest() -> None:
    text = reference(CHECKS)
    places = [text.index(f"\n## {level.word}\n") for level in sorted(Level, reverse=True)]
    assert places == sorted(places)


def test_a_level_without_checks_has_no_heading() -> None:
    low = [check for check in CHECKS if check.level is Level.LOW]
    assert "## High" not in reference(low)


def test_the_table_leads_to_the_headings() -> None:
    text = reference(CHECKS)
    targets = re.findall(r"\]\(#([^)]+)\)", text)
    headings = {
        re.sub(r"[^\w -]", "", line[4:].lower()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("### ")
    }
    assert set(targets) == headings
    assert len(targets) == len(headings) == len(CHECKS)


@each_check
def test_id_and_texts_are_there(check: Check) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", check.id)
    for text in (check.title, check.what, check.why, check.example, check.remedy):
        assert text == text.lstrip()
        assert text.strip()
    assert "\n\n" not in check.what, "one paragraph"
    assert not check.title.endswith(".")
    assert check.what.endswith((".", ")"))


@each_check
def test_the_example_is_http(check: Check) -> None:
    assert re.match(r"[A-Z]+ \S+ HTTP/1\.1", check.example)


@each_check
def test_code_blocks_are_closed_and_say_their_language(check: Check) -> None:
    fences = re.findall(r"^```(\w*)$", check.remedy, re.MULTILINE)
    assert len(fences) % 2 == 0
    assert all(fences[::2]), "an opening fence names its language"
    assert not any(fences[1::2])


@each_check
def test_python_in_the_remedies_compiles(check: Check) -> None:
    for code in re.findall(r"```python\n(.*?)```", check.remedy, re.DOTALL):
        compile(code, check.id, "exec")


@each_check
def test_references_are_addresses_of_known_publishers(check: Check) -> None:
    assert check.references
    assert len(set(check.references)) == len(check.references)
    for url in (owasp_url(check.owasp), cwe_url(check.cwe), *check.references):
        parts = urlsplit(url)
        assert parts.scheme == "https"
        assert parts.path or parts.fragment
        assert help_page(check).count(f"<{url}>") == 1


def test_an_unknown_owasp_id_is_an_error() -> None:
    with pytest.raises(KeyError):
        owasp_url("API11:2023")
