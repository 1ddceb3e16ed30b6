"""Change the keys of encrypted columns while the platform runs."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from common.crypto import rotation
from common.crypto.key_file import renew_key_encryption_key
from common.crypto.keys import keyring, reload_keys


class Command(BaseCommand):
    help = (
        "Makes a new data key and reseals every encrypted column under it. Cut off, it goes on where it stopped when "
        "run again. --kek changes the key that wraps the data keys; --retire drops data keys no row uses."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--kek", action="store_true", help="only change the key-encryption key")
        parser.add_argument("--retire", action="store_true", help="only drop data keys that no row uses any more")
        parser.add_argument(
            "--grace-hours", type=float, default=24.0, help="keep a key this long after it was replaced"
        )
        parser.add_argument("--batch", type=int, default=rotation.BATCH, help="rows per step")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["kek"]:
            return self._renew_key_encryption_key()
        if options["retire"]:
            return self._retire(timedelta(hours=options["grace_hours"]))
        return self._rotate(options["batch"])

    def _renew_key_encryption_key(self) -> None:
        renew_key_encryption_key(settings.SECRETS_DIR)
        self.stdout.write(f"{len(reload_keys().keys)} data keys are wrapped under the new key-encryption key")

    def _retire(self, grace: timedelta) -> None:
        dropped, kept = rotation.retire(grace=grace)
        self.stdout.write(f"dropped: {', '.join(dropped) or 'none'}")
        for key_id, reason in kept.items():
            self.stdout.write(f"kept {key_id}: {reason}")

    def _rotate(self, batch: int) -> None:
        if unfinished := keyring().rotating_to:
            self.stdout.write(f"going on with the rotation to {unfinished}")
        outcome = rotation.rotate(batch=batch, progress=self.stdout.write, wait=rotation.WAIT_SECONDS)
        self.stdout.write(f"{outcome.moved} rows moved to {outcome.key_id}, {outcome.left} left under older keys")
        if outcome.left:
            raise CommandError(self._what_to_do(outcome))

    def _what_to_do(self, outcome: rotation.Outcome) -> str:
        if not outcome.stuck:
            return "Long transactions hold the rows that are left: run rotate_keys again when they have ended."
        rows = ", ".join(f"{table} {key}" for table, key in sorted(outcome.stuck)[:20])
        return f"{len(outcome.stuck)} rows do not open, restore them and run rotate_keys again: {rows}"
