"""Shared by every test: our own faults are raised, never swallowed."""

import os

os.environ["NIGHTLATCH_RAISE"] = "1"
