"""The client that a newcomer plays with: known to `nightlatch oauth serve-test` from the start."""

from nightlatch.workbench.oauth.flows.client import Registration, Secrets
from nightlatch.workbench.oauth.flows.metadata import Metadata
from nightlatch.workbench.oauth.server.clients import DEMO_SECRET

TEST_SERVER = "http://127.0.0.1:9400"
"""Where it listens if it is told nothing else."""
COMMAND = "nightlatch oauth serve-test"
SECRETS = Secrets(client_secret=DEMO_SECRET)
_SCOPE = "openid profile email offline_access api"


def is_test_server(metadata: Metadata | None) -> bool:
    return metadata is not None and "nightlatch_test_server" in metadata.document


def demo_client(redirect_uri: str) -> Registration:
    return Registration("demo-confidential", "client_secret_basic", _SCOPE, redirect_uri)


def demo_api(metadata: Metadata) -> str:
    """The API behind it."""
    return f"{metadata.issuer}/api/me"
