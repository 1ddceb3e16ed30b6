"""Builds USDT on TRON from a provider's settings.

Options: `grid_url` (TronGrid unless set), `token_contract` (of USDT unless set), and what
`wallets.providers.usdt.settings` reads. Secret `api_key` (optional): TronGrid's key.
"""

from wallets.providers.config import ProviderConfig
from wallets.providers.errors import ConfigError
from wallets.providers.usdt.adapter import UsdtAdapter
from wallets.providers.usdt.addresses import read_tron, tron_address
from wallets.providers.usdt.settings import assemble
from wallets.providers.usdt_tron.chain import Tron
from wallets.providers.usdt_tron.grid import Grid

GRID = "https://api.trongrid.io"
# Source: tether.to, supported protocols.
USDT_CONTRACT = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"


def build(config: ProviderConfig) -> UsdtAdapter:
    try:
        token = tron_address(read_tron(config.options.get("token_contract") or USDT_CONTRACT))
    except ValueError as error:
        raise ConfigError("USDT on TRON: option 'token_contract' is not an address. Check its letters.") from error
    key = config.secret("api_key").decode("ascii", "replace").strip() if "api_key" in config.secrets else ""
    grid = Grid(url=(config.options.get("grid_url") or GRID).rstrip("/"), key=key)
    # TRON's wallets agree on no link that carries token and amount: the address is shown, the payer types the rest.
    return assemble(config, Tron(grid, token=token), display_name="USDT (TRON)", pay_link="")
