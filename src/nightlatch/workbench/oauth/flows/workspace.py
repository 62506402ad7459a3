"""A server and a client of it, under a name: what can be kept, shared and loaded again.

There is no member for a secret in it, so that none can be shared by mistake; and no endpoint: these
are read anew from the issuer, so that nobody's file can send a secret to another place.
"""

import os
from pathlib import Path

import msgspec
from msgspec import Struct

from nightlatch.workbench.oauth.flows.client import Registration, Secrets
from nightlatch.workbench.oauth.flows.masking import SECRET_NAMES, masked_url
from nightlatch.workbench.oauth.flows.steps import FlowFault

SECRET_VARIABLE = "OAUTH_CLIENT_SECRET"
_MAX_FILE = 1 << 20


class Workspace(Struct, frozen=True, forbid_unknown_fields=True):
    place: str
    """Issuer, address of metadata, or account."""
    registration: Registration | None = None
    flows: dict[str, dict[str, str]] = {}
    """More parameters of the request, by flow: "code", "device"."""
    choices: dict[str, dict[str, str]] = {}
    """What was chosen in the console's form of a flow."""
    version: int = 1


def dump(workspace: Workspace) -> bytes:
    """JSON, fit to be shared. What has a secret's name is left out of saved parameters, and masked
    in the addresses among them."""
    flows, choices = _clean(workspace.flows), _clean(workspace.choices)
    shared = msgspec.structs.replace(workspace, flows=flows, choices=choices)
    return msgspec.json.format(msgspec.json.encode(shared), indent=2) + b"\n"


def _clean(flows: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    return {
        flow: {
            name: masked_url(value)
            for name, value in parameters.items()
            if name not in SECRET_NAMES
        }
        for flow, parameters in flows.items()
    }


def load(data: bytes) -> Workspace:
    """Raises FlowFault."""
    if len(data) > _MAX_FILE:
        raise FlowFault(f"the collection has more than {_MAX_FILE:,} bytes")
    try:
        return msgspec.json.decode(data, type=Workspace)
    except (msgspec.DecodeError, RecursionError) as error:
        raise FlowFault(f"this is no collection of this bench: {error}") from None


def read(path: Path) -> Workspace:
    """Raises FlowFault."""
    try:
        return load(path.read_bytes())
    except OSError as error:
        raise FlowFault(f"{path}: {error.strerror}") from None


def secrets_from_environment() -> Secrets:
    """The client's secret, where the environment has it."""
    return Secrets(client_secret=os.environ.get(SECRET_VARIABLE, ""))
