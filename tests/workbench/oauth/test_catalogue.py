"""What can be played: every flow has a form, and every form makes a flow."""

import pytest
from tests.workbench.oauth.flows.playing import client_with

from nightlatch.cli.oauth import LOOPBACK, PORT
from nightlatch.cli.oauth_flows import FLOWS
from nightlatch.workbench.oauth.catalogue import BY_ID, GROUPS, OFFERS
from nightlatch.workbench.oauth.demo import TEST_SERVER
from nightlatch.workbench.oauth.flows.call import Call
from nightlatch.workbench.oauth.flows.client import Secrets
from nightlatch.workbench.oauth.flows.drive import imagine
from nightlatch.workbench.oauth.flows.metadata import Metadata
from nightlatch.workbench.oauth.flows.steps import FlowFault, Visit
from nightlatch.workbench.oauth.offer import Offer
from nightlatch.workbench.oauth.said import abilities, grants, places, remarks
from nightlatch.workbench.tokens.material import generate

ISSUER = "https://id.example"
ENDPOINTS = (
    "token", "authorization", "device_authorization", "backchannel_authentication", "userinfo",
    "introspection", "revocation", "end_session", "registration",
    "pushed_authorization_request",
)  # fmt: skip
FULL = {f"{name}_endpoint": f"{ISSUER}/{name}" for name in ENDPOINTS}


def filled_in(offer: Offer) -> dict[str, str]:
    """As somebody would who fills in everything."""
    given = {}
    for field in offer.fields:
        usual = {"choice": field.choices[0][0] if field.choices else "", "switch": "on"}
        given[field.name] = usual.get(field.kind, "value")
    given |= {"url": "https://api.example/me", "headers": "X-A: b"}
    return given | {"again": "id.example" if offer.id == "probe-server" else "api.example"}


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.id)
def test_a_form_that_is_filled_in_is_a_flow(offer: Offer) -> None:
    key = {**generate("EC"), "alg": "ES256"}
    client = client_with(FULL, secrets=Secrets("secret", key=key))
    steps = imagine(offer.build(client, filled_in(offer), (("more", "yes"),)))
    assert isinstance(steps[0], Call | Visit)
    assert offer.group in GROUPS
    assert offer.what.endswith((".", "?"))
    assert offer.source


def test_the_console_plays_what_the_command_line_plays() -> None:
    assert len(BY_ID) == len(OFFERS)
    # Discovery has no form of its own: it is where the page begins. Implicit and hybrid are
    # `code` with another response type there; probes are commands beside the flows.
    assert set(FLOWS) - {"discover"} == set(BY_ID) - {
        "implicit", "hybrid", "probe-api", "probe-server",
    }  # fmt: skip


def test_only_what_must_not_be_used_is_deprecated() -> None:
    assert {one.id for one in OFFERS if one.deprecated} == {"implicit", "hybrid", "password"}
    assert {one.id for one in OFFERS if one.attacks} == {"probe-server", "probe-api"}


def test_what_a_server_lacks_is_said() -> None:
    bare = Metadata(ISSUER, {"token_endpoint": f"{ISSUER}/token"})
    assert "announces no introspection_endpoint" in BY_ID["introspect"].lacks(bare)
    assert not BY_ID["client-credentials"].lacks(bare)
    other = Metadata(ISSUER, {**bare.document, "grant_types_supported": ["refresh_token"]})
    assert "does not list this grant" in BY_ID["client-credentials"].lacks(other)
    assert not BY_ID["refresh"].lacks(other)
    assert not BY_ID["call"].lacks(bare)


@pytest.mark.parametrize("headers", ["no colon", "a b: c", "x: \x07", ": x"])
def test_headers_of_a_call_are_headers(headers: str) -> None:
    given = {"url": "https://api.example", "headers": headers}
    with pytest.raises(FlowFault, match="no header"):
        BY_ID["call"].build(client_with(), given, ())


def test_the_test_server_is_where_the_command_puts_it() -> None:
    assert f"http://{LOOPBACK}:{PORT}" == TEST_SERVER


def test_a_servers_words_are_judged() -> None:
    careless = Metadata(ISSUER, {
        "grant_types_supported": ["password", "urn:ietf:params:oauth:grant-type:device_code", 7],
        "response_types_supported": ["code", "id_token token"],
        "id_token_signing_alg_values_supported": ["none"],
    })  # fmt: skip
    told = " ".join(remarks(careless))
    for word in ("PKCE", "password grant", "implicit", "mix-up", "alg none"):
        assert word in told
    assert grants(careless) == ["password", "device_code"]
    assert not any(has for _, _, has in abilities(careless))
    careful = Metadata(ISSUER, {
        **FULL, "code_challenge_methods_supported": ["S256"], "jwks_uri": f"{ISSUER}/jwks",
        "authorization_response_iss_parameter_supported": True,
        "response_types_supported": ["code"],
    })  # fmt: skip
    assert list(remarks(careful)) == []
    assert len(places(careful)) == len(FULL) + 1
    plain = Metadata(ISSUER, {"code_challenge_methods_supported": ["plain", "S256"]})
    assert "plain" in next(remarks(plain))
