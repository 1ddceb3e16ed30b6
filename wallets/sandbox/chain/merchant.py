"""How the product is set up against the simulated chains. Watch-only here too: the key made here is public."""

import os
import secrets
from pathlib import Path

from bip32 import BIP32

from wallets.sandbox.chain.tokens import CHAIN_ID, ETHEREUM_USDT, TRON_USDT
from wallets.sandbox.merchant import Merchant

# Without CNY: in mainland China a debt may not be paid in a virtual currency.
CURRENCIES = frozenset({"USD", "EUR", "GBP", "HKD", "TWD", "KES", "USDT"})
# The account path of each coin (BIP-44).
ACCOUNTS = {"usdt_eth": "m/44'/60'/0'", "usdt_tron": "m/44'/195'/0'"}
PRIVATE_MODE = 0o600


def merchants(base_url: str, secrets_dir: Path) -> dict[str, Merchant]:
    rates = {"rate_url": f"{base_url}/chain/rates/simple/price", "rate_source": "sandbox"}
    ethereum = {
        "node_url": f"{base_url}/chain/ethereum/rpc",
        "chain_id": str(CHAIN_ID),
        "token_contract": ETHEREUM_USDT,
        "pay_link": f"{base_url}/chain/ethereum?to={{address}}&units={{units}}&until={{until}}",
    }
    tron = {
        "grid_url": f"{base_url}/chain/tron",
        "token_contract": TRON_USDT,
        "pay_link": f"{base_url}/chain/tron?to={{address}}&units={{units}}&until={{until}}",
    }
    return {
        "usdt_eth": _merchant("USDT (Ethereum)", "usdt_eth", {**ethereum, **rates}, secrets_dir),
        "usdt_tron": _merchant("USDT (TRON)", "usdt_tron", {**tron, **rates}, secrets_dir),
    }


def _merchant(name: str, key: str, options: dict[str, str], secrets_dir: Path) -> Merchant:
    file = _ensure_account_key(key, secrets_dir)
    return Merchant(name=name, regions=("HK",), options=options, secrets={"account_xpub": file}, currencies=CURRENCIES)


def _ensure_account_key(key: str, secrets_dir: Path) -> str:
    """An extended public key; the private one is forgotten before this returns, since nobody spends here."""
    file = secrets_dir / "wallets" / key / "account_xpub.txt"
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not file.exists():
        xpub = BIP32.from_seed(secrets.token_bytes(32)).get_xpub_from_path(ACCOUNTS[key])
        draft = file.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_MODE), "w") as writing:
            writing.write(xpub)
        try:
            # A link fails if another process was faster: its key stays, ours is dropped.
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return str(file.relative_to(secrets_dir))
