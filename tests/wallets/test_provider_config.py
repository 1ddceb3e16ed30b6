"""Where settings and secrets come from, and what is said of them."""

import pytest

from wallets.providers import registry
from wallets.providers.base import ConfigError, ProviderConfig


@pytest.fixture
def config(tmp_path):
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "own").write_text("sk_test_made_for_this_test")
    (tmp_path / "foreign").write_text("somebody else's")
    names = {"api_key": "own", "up": "../foreign", "rooted": str(tmp_path / "foreign"), "gone": "nothing", "none": ""}
    return ProviderConfig(key="stripe", options={"set": "yes", "empty": ""}, secrets=names, secrets_dir=folder)


@pytest.mark.parametrize("name", ["empty", "unknown"])
def test_an_option_that_is_not_set_is_named(config, name):
    assert config.option("set") == "yes"
    with pytest.raises(ConfigError, match=name):
        config.option(name)


@pytest.mark.parametrize("name", ["up", "rooted", "gone", "none", "unknown"])
def test_a_secret_is_a_file_inside_the_secrets_directory_or_it_is_refused_by_name(config, name):
    assert config.secret("api_key") == b"sk_test_made_for_this_test"
    with pytest.raises(ConfigError, match=name):
        config.secret(name)


def test_a_wallet_nobody_knows_is_refused_with_those_there_are(config):
    with pytest.raises(ConfigError, match="bank_gateway"):
        registry.build("nothing_like_it", config)


def test_an_account_known_by_a_secret_is_said_without_the_secret(config):
    said = registry.merchant_of("stripe", config)
    assert said and "sk_test" not in said
    assert said == registry.merchant_of("stripe", config)
