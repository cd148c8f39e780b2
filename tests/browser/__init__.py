"""A package, so that its fixtures end with its last test: pytest knows a package by this file alone."""
