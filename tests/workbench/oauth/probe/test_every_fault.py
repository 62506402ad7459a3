"""Each mistake that the test server can make is found by a probe, and by which."""

from tests.workbench.oauth.probe import test_api, test_server

from nightlatch.workbench.oauth.probe import weakness
from nightlatch.workbench.oauth.server.faults import FAULTS

FOUND_ALONE = {
    "wrong-issuer": weakness.ISSUER,
    "slow": weakness.SLOW,
    "server-errors": weakness.FAILS,
}
"""By tests of their own, in the same files."""


def test_each_fault_of_the_test_server_is_found_by_a_probe() -> None:
    parts = (
        test_api.FINDS, test_api.FAULTS_OF_DPOP, test_api.FAULTS_OF_TLS, test_server.FINDS,
        test_server.FAULTS_OF_TLS, FOUND_ALONE,
    )  # fmt: skip
    names = [name for part in parts for name in part]
    assert sorted(names) == sorted(fault.name for fault in FAULTS)
    assert [len(part) for part in parts] == [12, 2, 1, 15, 1, 3]
    assert len(names) == 34
