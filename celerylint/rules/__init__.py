"""One file a rule. The folder is the registry: a file named `celNNN_name.py` with a `rule` in it is a rule."""
