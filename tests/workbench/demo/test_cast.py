"""Who appears in the demo."""

from ipaddress import ip_address

import pytest

from nightlatch.exchange.identifiers import identifier_kind
from nightlatch.workbench.demo.cast import HIT_RATE, attack_addresses, make_cast, totp_seed


def test_everybody_has_a_number_of_their_own() -> None:
    cast = make_cast(10_000)
    people = [person.phone for person in cast.people]
    everyone = [*people, *cast.partner_numbers, *cast.attack_list]
    assert len(set(everyone)) == len(everyone)
    assert len({person.name for person in cast.people}) == len(people)
    assert all(identifier_kind("phone", number) for number in everyone[:500])
    assert all(number[5:10] == "55501" and len(number) == 12 for number in everyone)


def test_homes_offices_a_carrier_a_partner_and_newcomers() -> None:
    cast = make_cast(10_000)
    by_address: dict[str, int] = {}
    for person in cast.people:
        by_address[person.address] = by_address.get(person.address, 0) + 1
    assert sorted(by_address.values())[-3:] == [120, 120, 400]
    assert sum(count <= 3 for count in by_address.values()) == 220
    assert cast.partner_address not in by_address
    newcomers = {person.phone for person in cast.people if person.newcomer}
    assert newcomers
    assert newcomers.isdisjoint(cast.members)


def test_fifteen_percent_of_the_list_have_an_account() -> None:
    for attempts in (1_000, 10_000, 30_000):
        cast = make_cast(attempts)
        assert len(cast.attack_list) == attempts
        hits = set(cast.members).intersection(cast.attack_list)
        assert len(hits) == int(attempts * HIT_RATE) == len(cast.strangers_with_accounts)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_cast() -> None:
    assert make_cast(1_000) == make_cast(1_000)
    assert make_cast(1_000) != make_cast(1_000, seed=1)
    assert totp_seed("+12015550100") == totp_seed("+12015550100") != totp_seed("+12015550101")


def test_attack_addresses_are_distinct_public_and_not_those_of_honest_people() -> None:
    honest = {person.address for person in make_cast(1_000).people}
    for count in (1, 100, 10_000):
        addresses = attack_addresses(count)
        assert len(set(addresses)) == count
        assert honest.isdisjoint(addresses)
        assert all(ip_address(address).is_global for address in addresses)
        assert addresses == attack_addresses(count)
