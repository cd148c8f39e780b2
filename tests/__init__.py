"""Tests of all that is here. The folders that are packages have fixtures for all of their modules: see `flow`."""
