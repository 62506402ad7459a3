"""The certificates of a test server: whom they are for, and what is never overwritten."""

import shutil
import stat
import subprocess
import time
from pathlib import Path

import pytest

from nightlatch.workbench.oauth.server.certificates import certificates, registered_key

NOW = time.time()
DAY = 86_400


def test_they_are_private_and_no_key_of_the_authority_is_kept(tmp_path: Path) -> None:
    files = certificates(tmp_path / "tls", (), NOW)
    assert stat.S_IMODE(files.directory.stat().st_mode) == 0o700
    made = sorted(path.name for path in files.directory.iterdir())
    assert len(made) == 5
    for path in files.directory.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert (b"PRIVATE KEY" in path.read_bytes()) == (path != files.ca)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
@pytest.mark.parametrize("purpose", ["sslserver", "sslclient"])
def test_openssl_finds_them_sound(tmp_path: Path, purpose: str) -> None:
    files = certificates(tmp_path, ("auth.test", "192.0.2.1"), NOW)
    names = {"sslserver": [files.server], "sslclient": [files.client, files.stranger]}
    for path in names[purpose]:
        order = ["openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", str(files.ca)]
        done = subprocess.run([*order, str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_they_are_used_again(tmp_path: Path) -> None:
    first = certificates(tmp_path, ("auth.test",), NOW)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert certificates(tmp_path, ("auth.test",), NOW + DAY) == first
    assert certificates(tmp_path, (), NOW + DAY) == first
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(("hosts", "later", "told"), [
    (("other.test",), 0, "not for other.test"), (("192.0.2.1",), 0, "not for 192.0.2.1"),
    ((), 31 * DAY, "have ended"),
])  # fmt: skip
def test_those_of_no_use_are_named(
    tmp_path: Path, hosts: tuple[str, ...], later: int, told: str
) -> None:
    certificates(tmp_path, (), NOW)
    with pytest.raises(ValueError, match=told):
        certificates(tmp_path, hosts, NOW + later)


def test_the_files_of_others_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("mine")
    with pytest.raises(ValueError, match=r"has a ca\.pem already"):
        certificates(tmp_path, (), NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["ca.pem"]
    assert (tmp_path / "ca.pem").read_text() == "mine"


def test_a_registered_key_is_public(tmp_path: Path) -> None:
    key = registered_key(certificates(tmp_path, (), NOW).self_signed)
    assert "d" not in key
    assert len(key["x5c"]) == 1
