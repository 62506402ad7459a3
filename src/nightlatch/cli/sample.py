"""The sample API of the demo as a user would run it: their application, plus one line."""

from starlette.applications import Starlette

from nightlatch import Nightlatch
from nightlatch.workbench.demo.cast import make_cast
from nightlatch.workbench.demo.sample_api import Accounts, create_api


def sample_app(attempts: int) -> Starlette:
    """The API with the accounts that a demo of `attempts` attempts expects."""
    accounts = Accounts()
    accounts.seed(make_cast(attempts).members)
    api = create_api(accounts)
    api.add_middleware(Nightlatch)
    return api
