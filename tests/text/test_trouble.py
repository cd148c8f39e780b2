"""Why a connection failed, in words."""

import socket

import pytest

from faxdispatch.text.trouble import why


def raised(text, cause):
    """Return an error as libraries raise it: their own, from that of the system."""
    try:
        try:
            raise cause
        except OSError as error:
            raise RuntimeError(text) from error
    except RuntimeError as error:
        return error


UNKNOWN = socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (UNKNOWN, "its name cannot be resolved (Name or service not known)"),
        (
            raised("Error -2 connecting to redis.test:6379. Name or service not known.", UNKNOWN),
            "the name redis.test cannot be resolved (Name or service not known)",
        ),
        (raised("connecting to api.test: [Errno -2]", UNKNOWN), "the name api.test cannot be resolved"),
        (
            raised("Error 111 connecting to 127.0.0.1:9. Refused.", ConnectionRefusedError()),
            "nothing listens at 127.0.0.1:9 ",
        ),
        (ConnectionRefusedError(111, "refused"), "nothing listens there (connection refused)"),
        (TimeoutError(), "TimeoutError"),
        (ValueError("for +13125550123"), "ValueError: for +1******0123"),
    ],
)
def test_an_error_of_a_connection_is_explained_in_words(error, words):
    assert why(error).startswith(words)
