"""Ranges as the registries of special addresses give them (IANA; RFC 6890)."""

import pytest

from kernel.addresses import is_public

PUBLIC = ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"]
NOT_PUBLIC = {
    "loopback": ["127.0.0.1", "127.9.9.9", "::1"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12::1"],
    "shared": ["100.64.0.1", "100.127.255.255"],
    "link-local": ["169.254.1.1", "fe80::1", "fe80::1%eth0"],
    "site-local": ["fec0::1"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "2001:db8::1"],
    "unspecified": ["0.0.0.0", "0.1.2.3", "::"],
    "mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:a00:1"],
    "compatible": ["::127.0.0.1", "::10.0.0.1"],
    "translated": ["64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1"],
    "tunnels": ["2002:7f00:1::1", "2001:0:7f00:1::1"],
    "metadata": ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"],
}


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize("address", [one for found in NOT_PUBLIC.values() for one in found])
def test_an_address_of_ours_or_of_nobody_is_not(address):
    assert not is_public(address)


def test_a_network_that_is_named_counts_as_public_also_in_its_mapped_form():
    assert is_public("10.1.2.3", ["10.1.0.0/16"])
    assert is_public("::ffff:10.1.2.3", ["10.1.0.0/16"])
    assert not is_public("10.2.2.3", ["10.1.0.0/16"])


def test_what_is_no_address_is_told_as_such():
    with pytest.raises(ValueError, match="not appear"):
        is_public("example.org")
