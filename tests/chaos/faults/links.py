"""The storage behind the links to inbound faxes."""

from tests.chaos.faults.telnyx import switched

_LIFE = 600
"""Seconds that a link lives in the simulator, unless a switch says otherwise."""

LINKS = [
    switched("link-error", "half of the documents are answered 503", link_error=0.5, lasts=(1, 3)),
    switched("link-cut", "half of the documents break off", link_cut=0.5, lasts=(1, 3)),
    switched("links-expire", "links live for an instant", media_link_secs=0.02, off=_LIFE, lasts=(1, 4)),
]
