"""What no regular expression here may use, because a Python we run on reads it wrongly."""

import re
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src"

# A group with a possessive quantifier matches wrongly where its inside could go back, in CPython
# before 3.11.5 (python/cpython#106052), which Debian 12 ships; `(?>(?:…)*)` says the same.
_POSSESSIVE_GROUP = re.compile(r"(?<!\\)\)(?:[*+?]|\{\d+,?\d*\}|\{\{\d+,?\d*\}\})\+")


def test_no_group_is_possessive() -> None:
    files = sorted(SOURCE.rglob("*.py"))
    found = [
        f"{path.relative_to(SOURCE)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if _POSSESSIVE_GROUP.search(line)
    ]
    assert len(files) > 300
    assert found == []


def test_what_is_looked_for() -> None:
    for possessive in ("(?:a|b)*+", "(a)++", "(?:ab)?+", "(?:a){1,3}+", "(?:a){{2,}}+"):
        assert _POSSESSIVE_GROUP.search(possessive)
    for other in ("[ab]*+", r"\)?+", "(?>(?:a|b)*)", "(a)+", "(a+)"):
        assert not _POSSESSIVE_GROUP.search(other)
