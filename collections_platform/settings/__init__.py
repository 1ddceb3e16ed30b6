"""Settings, one subject a file. Every value that differs between machines comes from the environment."""

from collections_platform.settings.base import *  # noqa: F403 - the package is one namespace by design
from collections_platform.settings.messaging import *  # noqa: F403
from collections_platform.settings.observability import *  # noqa: F403
from collections_platform.settings.security import *  # noqa: F403
from collections_platform.settings.tasks import *  # noqa: F403
