"""The TOML parser of the standard library, or on Python 3.10 the package that it was taken from."""

import sys

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["tomllib"]
