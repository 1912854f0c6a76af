"""A file that mentions Celery and that cannot be parsed.

What cannot be parsed cannot be checked: mistakes in such a file stay unseen, and nothing in it is ever rewritten.
The message says what the parser stumbled on and, where that can be told, which Python reads the file.

Newer syntax than that of the Python that runs celerylint is read as well; only what no Python 3 reads, null
bytes, and text that is not in its declared encoding end here.

Bad::

    from celery import shared_task

    @shared_task
    def ship(order_id:
        ...

Good::

    from celery import shared_task

    @shared_task
    def ship(order_id):
        ...

Source: Python's language reference, "Lexical analysis", and PEP 263.
"""

from celerylint.rule import Rule

rule = Rule(__name__, severity="error", message="this file cannot be parsed, so nothing in it was checked: {reason}")
