#!/usr/bin/env python3
"""One command for everything: `python3 run.py` starts the platform, `python3 run.py --help` lists the rest.

This file must still parse on an old Python 3, so that it can find a newer one or say what to install.
"""

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
NEWER = ("python3.13", "python3.12", "python3.11", "python3.14")


def works(python: str) -> bool:
    probe = "import sys; sys.exit(sys.version_info < (3, 11))"
    return subprocess.call([python, "-c", probe], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


def restart_on_newer_python() -> None:
    for name in NEWER:
        path = shutil.which(name)
        if path and works(path):
            os.execv(path, [path, *sys.argv])
    sys.exit(
        "run.py: this is Python " + sys.version.split()[0] + ", and the platform needs 3.11 or newer.\n"
        "  What to do: install it (Debian and Ubuntu: apt install python3.11 python3.11-venv),\n"
        "  then run: python3.11 run.py"
    )


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        restart_on_newer_python()
    from launcher.cli import main

    sys.exit(main(sys.argv[1:]))
