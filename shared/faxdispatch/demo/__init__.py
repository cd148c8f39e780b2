"""The demonstration: real documents, real processes, and a simulated Telnyx. No fax leaves the machine.

recipients  who gets what, and what must come of it
stage       the processes
run         the course of it: upload, send, cancel, wait
view        the progress and the table, for people
verdict     what came of each fax, held against what had to
"""
