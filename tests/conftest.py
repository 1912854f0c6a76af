"""What all tests share."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

from hypothesis import settings

# The same examples in every run, and no deadline: how long one takes depends on what else the machine does.
settings.register_profile("celerylint", derandomize=True, deadline=None)
settings.load_profile("celerylint")

# No test reads or leaves anything in the user's own cache.
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="celerylint-cache-")
atexit.register(shutil.rmtree, os.environ["XDG_CACHE_HOME"], ignore_errors=True)
