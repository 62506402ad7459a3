"""Where commands begin, and which they are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.shell.arguments import Fit
from nightlatch.checks.attacks.shell.commands import COMMANDS, ON_WINDOWS
from nightlatch.checks.attacks.shell.reading import MAX_COMMANDS, commands_in

CASES = {
    "; id": [("id", Fit.BARE)],
    "x;cat /etc/passwd": [("cat", Fit.HARM)],
    "x | ls -la": [("ls", Fit.CALL)],
    "`whoami`": [("whoami", Fit.CALL)],
    "$(sleep 5)": [("sleep", Fit.HARM)],
    "a=c;b=at;$a$b /etc/passwd": [("cat", Fit.HARM)],
    ";sudo -u root cat /etc/shadow": [("cat", Fit.HARM)],
    ";timeout 5 id": [("id", Fit.BARE)],
    "& C:\\Windows\\System32\\whoami.exe": [("whoami", Fit.CALL)],
    "& WHOAMI": [("whoami", Fit.CALL)],
    ";/usr/bin/id": [("id", Fit.BARE)],
    "a=1&id=5&sort=asc": [],
    "echo in the mirror": [],
    "curl and divergence": [],
    "nc 8000 controller": [],
    "ls 300 lexus": [],
    "x; call when you get here": [],
    "; ID": [],
    "`${name}\\\\python.exe`": [],
    "*/*": [],
}


@pytest.mark.parametrize("text", CASES, ids=repr)
def test_commands(text: str) -> None:
    assert [(command.name, command.fit) for command in commands_in(text)] == CASES[text]


@pytest.mark.parametrize("pattern", ["/bin/c?t", "/???/c?t", "/bin/c[a]t", "/*/?at"])
def test_wildcards_are_looked_up(pattern: str) -> None:
    (command,) = commands_in(f";{pattern} /etc/passwd")
    assert command.name == "cat"
    assert command.disguised


def test_windows_programs_are_known() -> None:
    assert set(COMMANDS) >= ON_WINDOWS


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="catid lsx;|&$`(){}'\"\\/?*[]=<>\n", max_size=300))
def test_anything_may_be_read(text: str) -> None:
    for command in commands_in(text):
        assert 0 <= command.start <= command.end <= len(text)


@pytest.mark.parametrize("fragment", [";id", "`", "$(", "|cat /etc/passwd", "\n", "&x='", ";/*/*"])
def test_a_long_text_is_read_up_to_a_bound(fragment: str) -> None:
    assert len(commands_in(fragment * (8192 // len(fragment)))) <= MAX_COMMANDS
