"""What can be known of a document before it is sent: whether Telnyx can fax it, its pages, and what a machine prints.

`examine` looks into bytes, `links.ask` at what a link leads to; each gives a `Report`.
"""
