import base64
import io
import json
import stat
import time

import pytest
from django.core.management import call_command

from common.crypto import key_file
from common.crypto.cipher import open_sealed, seal
from common.crypto.errors import KeysUnavailable
from common.crypto.keys import KeyRing, keyring, reload_keys
from common.crypto.secrets import ensure_secrets

FILES = {"django_secret_key", "blind_index_key", "key_encryption_key", "field_keys.json"}


def run(command, **options):
    out = io.StringIO()
    call_command(command, stdout=out, **options)
    return out.getvalue()


def test_ensure_secrets_makes_every_file_for_the_owner_alone(tmp_path, settings):
    settings.SECRETS_DIR = tmp_path / "new" / "secrets"
    run("ensure_secrets")
    made = {path.name: stat.S_IMODE(path.stat().st_mode) for path in settings.SECRETS_DIR.iterdir()}
    assert made == dict.fromkeys(FILES, 0o600)
    assert stat.S_IMODE(settings.SECRETS_DIR.stat().st_mode) == 0o700


def test_ensure_secrets_changes_nothing_that_exists(secrets_dir):
    before = {path.name: path.read_bytes() for path in secrets_dir.iterdir()}
    assert run("ensure_secrets") == "every secret file is there\n"
    assert {path.name: path.read_bytes() for path in secrets_dir.iterdir()} == before
    (secrets_dir / "django_secret_key").unlink()
    assert ensure_secrets(secrets_dir) == ["django_secret_key"]


def test_ensure_secrets_leaves_the_mode_of_an_existing_folder_alone(tmp_path):
    folder = tmp_path / "given"
    folder.mkdir(mode=0o750)
    mode = folder.stat().st_mode
    ensure_secrets(folder)
    assert folder.stat().st_mode == mode


def test_the_key_file_and_the_ring_show_no_data_key(secrets_dir):
    secret = key_file.read(secrets_dir).active.secret
    everything = "".join(path.read_text() for path in secrets_dir.iterdir()) + repr(key_file.read(secrets_dir))
    assert base64.b64encode(secret).decode() not in everything
    assert secret.hex() not in everything
    assert repr(secret) not in everything


def test_a_wrapped_key_cannot_pass_for_another(secrets_dir):
    key_file.write(secrets_dir, key_file.read(secrets_dir).with_new_active_key())
    document = json.loads((secrets_dir / "field_keys.json").read_text())
    first, second = document["keys"]
    first["wrapped"], second["wrapped"] = second["wrapped"], first["wrapped"]
    (secrets_dir / "field_keys.json").write_text(json.dumps(document))
    with pytest.raises(KeysUnavailable, match="damaged"):
        key_file.read(secrets_dir)


@pytest.mark.parametrize("text", ["", "{}", '{"keys": []}', '{"keys": [{"id": "k1"}]}', "[1]"])
def test_a_damaged_key_file_says_what_to_do(secrets_dir, text):
    (secrets_dir / "field_keys.json").write_text(text)
    with pytest.raises(KeysUnavailable, match="restore"):
        reload_keys()


def test_a_missing_key_file_says_what_to_do(secrets_dir):
    (secrets_dir / "field_keys.json").unlink()
    with pytest.raises(KeysUnavailable, match="ensure_secrets"):
        reload_keys()


def test_a_missing_key_encryption_key_is_not_replaced_by_a_new_one_unnoticed(secrets_dir):
    (secrets_dir / "key_encryption_key").unlink()
    ensure_secrets(secrets_dir)
    with pytest.raises(KeysUnavailable, match="put the earlier one back"):
        reload_keys()


def test_a_value_sealed_by_another_process_under_a_newer_key_opens(secrets_dir, monkeypatch):
    keyring()
    key_file.write(secrets_dir, key_file.read(secrets_dir).with_new_active_key())
    newer = KeyRing(key_file.read(secrets_dir))
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("common.crypto.cipher.keyring", lambda: newer)
        sealed = seal("Zacharias", context="t.c.1")
    assert open_sealed(sealed, context="t.c.1") == "Zacharias"


def test_a_changed_key_file_is_noticed_without_a_restart(secrets_dir):
    former = keyring().active_id
    key_file.write(secrets_dir, key_file.read(secrets_dir).with_new_active_key())
    deadline = time.monotonic() + 10
    while keyring().active_id == former and time.monotonic() < deadline:
        time.sleep(0.05)
    assert keyring().active_id != former


@pytest.mark.parametrize("crash_at", ["write", "finish"])
def test_a_renewal_of_the_key_encryption_key_cut_off_anywhere_loses_nothing(secrets_dir, monkeypatch, crash_at):
    sealed = seal("Zacharias", context="t.c.1")
    target = {
        "write": "common.crypto.key_file.write",
        "finish": "common.crypto.kek.FileKeyEncryptionKey.finish_renewal",
    }

    def crash(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(target[crash_at], crash)
        key_file.renew_key_encryption_key(secrets_dir)
    reload_keys()
    assert open_sealed(sealed, context="t.c.1") == "Zacharias"
    key_file.renew_key_encryption_key(secrets_dir)
    reload_keys()
    assert open_sealed(sealed, context="t.c.1") == "Zacharias"
    assert len((secrets_dir / "key_encryption_key").read_text().split()) == 1


def test_the_environment_can_carry_the_key_encryption_key(tmp_path, settings, monkeypatch):
    old, new = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
    monkeypatch.setenv("FIELD_KEY_ENCRYPTION_KEY", old)
    settings.SECRETS_DIR = tmp_path / "elsewhere"
    assert "key_encryption_key" not in ensure_secrets(settings.SECRETS_DIR)
    sealed = seal("Zacharias", context="t.c.1")
    monkeypatch.setenv("FIELD_KEY_ENCRYPTION_KEY", f"{new},{old}")
    run("rotate_keys", kek=True)
    monkeypatch.setenv("FIELD_KEY_ENCRYPTION_KEY", new)
    reload_keys()
    assert open_sealed(sealed, context="t.c.1") == "Zacharias"
