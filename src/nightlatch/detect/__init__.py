"""Are these many bad? The ledger of disclosure and the tests that read it."""
