"""Only addresses of the public internet pass, in whatever form they come."""

import pytest

from faxdispatch.fetching.addresses import is_public, literal


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "52.216.0.1", "2606:2800:220:1::1", "2a00:1450::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"],
)
def test_an_address_of_the_public_internet_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
        "172.31.255.255", "192.0.0.1", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
        "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1",
        "::7f00:1", "::5db8:d822", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "::ffff:100.64.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::5db8:d822",
        "100::1", "2001::1", "2001:0:5db8:d822:0:0:80ff:fffe", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1",
        "2002:5db8:d822::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1",
        "ff02::1", "documents.test", "",
    ],
)  # fmt: skip
def test_an_address_of_anywhere_else_is_not(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "017700000001", "0177.0.0.01", "127.0.1"]
)
def test_every_way_to_write_an_address_of_ipv4_is_read_as_the_address(host):
    assert literal(host) == "127.0.0.1"


def test_a_name_is_not_an_address():
    assert literal("documents.test") is None
