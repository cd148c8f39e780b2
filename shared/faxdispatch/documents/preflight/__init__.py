"""Examines documents before they are sent: whether Telnyx can fax them, how many pages they have, and how these print.

`examine` looks into bytes, `links.ask` asks about the document behind a link; each returns a `Report`.
"""
