"""Endpoints of services, and what of the directives concerns one service."""

import msgspec
import pytest

from nightlatch.exchange.facts import Contract, Directives, ServiceEndpoint
from nightlatch.exchange.measure import Measure, MeasureKind

LOGIN = "POST /login"
SHOP, CRM = ServiceEndpoint("shop", LOGIN), ServiceEndpoint("crm", LOGIN)


def contract(service: str, endpoint: str = LOGIN) -> Contract:
    return Contract(endpoint, service=service)


def measure(service: str) -> Measure:
    return Measure(service or "all", MeasureKind.BLOCK, "ida", "", 0.0, 9.0, service=service)


@pytest.mark.parametrize(
    ("here", "there", "covered"),
    [
        (SHOP, SHOP, True),
        (SHOP, CRM, False),
        (SHOP, SHOP.everywhere, False),
        (SHOP.everywhere, CRM, True),
        (SHOP.everywhere, ServiceEndpoint("crm", "GET /login"), False),
    ],
)
def test_what_holds_for_every_service_holds_for_each(
    here: ServiceEndpoint, there: ServiceEndpoint, covered: bool
) -> None:
    assert here.covers(there) is covered


def test_a_service_hears_of_itself_and_of_what_holds_for_all() -> None:
    everywhere, own, others = contract("", "GET /me"), contract("shop"), contract("crm")
    directives = Directives(
        7,
        contracts=(everywhere, contract(""), own, others),
        measures=(measure("shop"), measure("crm"), measure("")),
    )
    heard = directives.of("shop")
    assert heard == Directives(
        7, contracts=(everywhere, own), measures=(measure("shop"), measure(""))
    )
    assert heard.of("shop") == heard
    assert directives.of("new").contracts == (everywhere, contract(""))


def test_what_was_decided_before_services_were_told_apart_is_for_all_of_them() -> None:
    kept = msgspec.json.decode(b'{"contracts":[{"endpoint":"POST /login"}]}', type=Directives)
    assert kept.of("shop").contracts == kept.of("crm").contracts == kept.contracts
    assert kept.contracts[0].at == SHOP.everywhere
