"""Webhooks lost, doubled, late, out of order, early."""

from tests.chaos.faults.telnyx import switched

WEBHOOKS = [
    switched("webhook-lost", "half of the webhooks are lost", webhook_lose=0.5, lasts=(2, 6)),
    switched("webhook-doubled", "webhooks come twice", webhook_double=1, lasts=(2, 6)),
    switched("webhook-late", "webhooks come up to three seconds late", webhook_delay_ms=[0, 3000], lasts=(2, 6)),
    switched("webhook-order", "webhooks come out of order", webhook_reorder=1, lasts=(2, 6)),
    switched("webhook-early", "webhooks come before the answer to the send", webhook_before_answer=1, lasts=(2, 6)),
    switched("webhook-outage", "no webhook comes at all", webhook_outage=1, lasts=(1, 4)),
    switched("webhook-flat", "webhooks come in Telnyx's older, flat envelope", flat_envelope=0.5, lasts=(2, 6)),
]
