"""The sections of the checklist, one module each: the module's name is the section's, with `_` for `-`."""
