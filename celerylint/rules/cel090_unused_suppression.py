"""A suppression of one of our codes that suppresses nothing.

The mistake that it was written for is gone, or never was on this line. Left in place it hides the next one.
Only our own codes are looked at; a bare `noqa` and the codes of other tools belong to others. A code of a rule
that is switched off is left alone too.

Bad::

    from celery import shared_task

    @shared_task(time_limit=60)
    def ship(order_id):  # noqa: CEL101
        return order_id

Good::

    from celery import shared_task

    @shared_task(time_limit=60)
    def ship(order_id):
        return order_id

Source: celerylint's own suppressions.
"""

from celerylint.rule import Rule

rule = Rule(
    __name__, severity="warning", message="this suppresses nothing and would hide the next mistake here: {codes}"
)
