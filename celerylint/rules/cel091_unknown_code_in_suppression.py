"""A suppression or a configuration entry names a code that no rule has.

It suppresses (or selects) nothing, most likely because of a typing slip, so the rule that was meant still speaks
up, or never does.

Bad::

    from celery import shared_task

    @shared_task(time_limit=60)
    def ship(order_id):  # noqa: CEL1010
        return order_id

Good::

    from celery import shared_task

    @shared_task(time_limit=60)
    def ship(order_id):
        return order_id

Source: celerylint's own rules.
"""

from celerylint.rule import Rule

rule = Rule(__name__, severity="warning", message="no rule is called `{code}`, so this has no effect")
