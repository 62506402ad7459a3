"""What previews look up: what no record tells of networks and clients."""

from nightlatch.identity.address import TrustedProxies
from nightlatch.identity.clients import Clients
from nightlatch.identity.networks import Networks
from nightlatch.policy.asking import Sources
from nightlatch.settings import Settings


def sources_for_previews(settings: Settings, networks: Networks) -> Sources:
    """With clients of their own, since those of a pipeline are its thread's. Whom only DNS can
    verify they do not know."""
    return Sources(networks, Clients(networks, TrustedProxies(settings.trusted_proxies)))
