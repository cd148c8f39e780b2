"""A signed webhook on which two independent libraries agree."""

SEED = bytes(range(32))
KEY = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
TIMESTAMP = "1588684102"
BODY = (
    b'{"data":{"event_type":"fax.delivered","id":"95479a2e-b947-470a-a88f-2da6dd07ae0f",'
    b'"occurred_at":"2020-05-05T13:08:22.039204Z","payload":{"call_duration_secs":25,'
    b'"client_state":"aGF2ZSBhIG5pY2UgZGF5ID1d","connection_id":"234423","direction":"outbound",'
    b'"fax_id":"f8338808-3dc6-4f2b-942a-5d1f39255784","from":"+17733372107",'
    b'"original_media_url":"http://www.example.com/fax.pdf","page_count":2,"status":"delivered",'
    b'"to":"+15107882622","user_id":"19a75cea-02c6-4b9a-84fa-c9bc8341feb8"},"record_type":"event"},'
    b'"meta":{"attempt":1,"delivered_to":"https://www.example.com/webhooks"}}'
)
SIGNATURE = "WUrwxoNgYi5afVWA0vDptRejrqTtwwAQblG7rWqg9eJPHtINsSxrwkGWHGn8hIag7RglTknzeNqweEvQ9Q2GCg=="
