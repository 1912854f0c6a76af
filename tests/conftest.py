"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# The same examples in every run, and no deadline: how long one takes depends on what else the machine does.
settings.register_profile("celerylint", derandomize=True, deadline=None)
settings.load_profile("celerylint")
