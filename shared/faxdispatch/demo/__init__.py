"""The demonstration: real documents, real processes, and a simulated Telnyx. No fax leaves the machine.

demonstration  from its beginning to the verdict
recipients     who gets a fax, and what the result must be
stage          the processes
run            the course: upload, send, cancel, wait
view           the progress and the table, for people
verdict        the result of each fax, compared with what it must be
"""
