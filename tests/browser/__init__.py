"""This file makes the folder a package for pytest, so that its fixtures end with its last test."""
