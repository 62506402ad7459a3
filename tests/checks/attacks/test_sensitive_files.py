"""Which files only an attacker asks for."""

import pytest

from nightlatch.checks.attacks.sensitive_files import is_of_the_system, is_sensitive


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "/ETC/Passwd",
        "../etc/shadow",
        "/proc/self/environ",
        "c:\\windows\\win.ini",
        "c:/boot.ini",
        "/web-inf/web.xml",
        "....web-infweb.xml",
        "/root/.ssh/id_rsa",
    ],
)
def test_sensitive(path: str) -> None:
    assert is_sensitive(path)
    assert is_of_the_system(path)


@pytest.mark.parametrize("path", ["/etc/hosts", "/etc/nginx/nginx.conf", "/x/.env"])
def test_of_the_system_only(path: str) -> None:
    assert not is_sensitive(path)
    assert is_of_the_system(path)


@pytest.mark.parametrize("path", ["etc/passwd", "/etc/passwords", "/docs/proc", "/a/b.txt", ""])
def test_neither(path: str) -> None:
    assert not is_sensitive(path)
    assert not is_of_the_system(path)
