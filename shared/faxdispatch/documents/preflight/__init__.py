"""What is known about a document before it is sent: whether Telnyx can fax it, its pages, how it prints.

`examine` looks into bytes, `links.ask` asks about the document behind a link; each returns a `Report`.
"""
