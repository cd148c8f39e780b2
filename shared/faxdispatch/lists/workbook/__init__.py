"""Reads XLSX workbooks from strangers as a person sees them, row by row, in a process with limits.

`reading` is the side of the caller; `process` is the other side, which loads nothing else of the package.
"""
