"""XLSX workbooks of strangers, as a person sees them, read row by row in a process with bounds.

`reading` is the side of who wants the rows; `process` the other one, which loads nothing of the rest of the package.
"""
