"""`python -m bench [--job import,plan] [--scale 0.1] [--seed 7]`: one JSON line per job.

`soak` measures nothing and takes minutes, so it runs only when it is named. Ends with 1 when a job says what broke.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os

import django

# Each job is a module of this package with `run(scale) -> Result`, or several; `import` is spelt `import_` there.
JOBS = ("import", "plan", "debit", "wallets", "reconcile", "accrue", "post", "webhook", "gate", "cancel", "dispatch")
NAMED_ONLY = ("soak",)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "--job", default=",".join(JOBS), help=f"jobs to run, with commas between; also {', '.join(NAMED_ONLY)}"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="1 is the full size (a million rows)")
    parser.add_argument(
        "--seed", default="", help="of the soak's dice, to repeat them (0.1 of its size is 200 accounts)"
    )
    chosen = parser.parse_args()
    os.environ["SOAK_SEED"] = chosen.seed
    broken = False
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collections_platform.settings")
    django.setup()
    from bench.ground import own_ground
    from bench.result import Result

    for job in chosen.job.split(","):
        try:
            module = importlib.import_module(f"bench.{job}_" if job == "import" else f"bench.{job}")
        except ModuleNotFoundError as error:
            if error.name != f"bench.{job}":
                raise
            parser.error(f"there is no job {job}")
        with own_ground():
            outcome = module.run(chosen.scale)
            for one in outcome if isinstance(outcome, list) else [outcome]:
                print(one.line() if isinstance(one, Result) else json.dumps(one), flush=True)
                broken = broken or (isinstance(one, dict) and bool(one.get("broken")))
    if broken:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
