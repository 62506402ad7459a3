"""What stands between SDKs whose hosts are hard-coded and our server: a port that ends TLS in the
name of those hosts, under a certificate of our own, and hands the bytes on in the clear.

It takes connections through CONNECT, as a proxy (`HTTPS_PROXY`), and without, as if a name server
had sent them here.
"""

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

HOSTS = ("rocknrolla.treblle.com", "punisher.treblle.com", "sicario.treblle.com")


def certificate(directory: Path) -> tuple[Path, Path]:
    """(certificate, key): signed by itself, so that it is its own authority."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("NOT RUN: no OpenSSL was found. Install the package `openssl`.")
    paths = directory / "certificate.pem", directory / "key.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=Nightlatch tests"]
    command += ["-addext", "subjectAltName=" + ",".join(f"DNS:{host}" for host in HOSTS)]
    command += ["-out", str(paths[0]), "-keyout", str(paths[1])]
    subprocess.run(command, check=True, capture_output=True)
    return paths


@contextmanager
def tls_end(server: str, certificate_and_key: tuple[Path, Path]) -> Iterator[int]:
    """The port, which leads to `server` (a URL)."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*map(str, certificate_and_key))
    to = urlsplit(server)
    address = (str(to.hostname), int(to.port or 80))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_accept, args=(listener, context, address), daemon=True)
        thread.start()
        yield listener.getsockname()[1]


def _accept(listener: socket.socket, context: ssl.SSLContext, address: tuple[str, int]) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(
                target=_serve, args=(connection, context, address), daemon=True
            ).start()


def _serve(connection: socket.socket, context: ssl.SSLContext, address: tuple[str, int]) -> None:
    with suppress(OSError), connection:
        if connection.recv(1, socket.MSG_PEEK) == b"C":
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with (
            context.wrap_socket(connection, server_side=True) as inside,
            socket.create_connection(address) as outside,
        ):
            back = threading.Thread(target=_copy, args=(outside, inside), daemon=True)
            back.start()
            _copy(inside, outside)
            back.join(10)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65_536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
