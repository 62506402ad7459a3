"""Host names that are not what they look like, lower-case."""

METADATA_NAMES = frozenset(
    {
        "metadata.google.internal",
        "metadata.goog",
        "metadata",
        "instance-data",
        "instance-data.ec2.internal",
        "metadata.tencentyun.com",
        "metadata.azure.internal",
        "metadata.azure.com",
        "metadata.packet.net",
        "metadata.platformequinix.com",
        "metadata.nicob.net",
        "rancher-metadata",
        "169.254.169.254.nip.io",
    }
)
"""The credential services of clouds, and public names that lead to them."""

LOOPBACK_NAMES = frozenset(
    {
        "localhost",
        "localhost.localdomain",
        "localhost6",
        "localhost6.localdomain6",
        "ip6-localhost",
        "ip6-loopback",
        "loopback",
    }
)

LOOPBACK_SUFFIXES = (
    "localtest.me",
    "lvh.me",
    "vcap.me",
    "lacolhost.com",
    "localho.st",
    "fuf.me",
    "127-0-0-1.org.uk",
    "42foo.com",
    "yoogle.com",
    "localhst.co.uk",
    "fbi.com.localdomain",
    "spoofed.burpcollaborator.net",
    "bugbounty.dod.network",
)
"""Public names that answer with 127.0.0.1, whatever is put before them."""

WILDCARD_SUFFIXES = (".nip.io", ".sslip.io", ".traefik.me", ".backname.io")
"""Public names that answer with the address written before them."""

REBINDING_SUFFIXES = (
    ".1u.ms",
    ".xip.io",
    ".rbndr.us",
    ".rebind.network",
    ".rebind.it",
    ".rebindtest.com",
)
"""Public names made to answer with another address the second time."""

INTERNAL_SUFFIXES = (
    ".internal",
    ".intranet",
    ".localdomain",
    ".svc",
    ".cluster.local",
    ".consul",
    ".corp",
    ".lan",
)
"""Ends of names that only a resolver inside the network knows (RFC 6762 appendix G)."""
