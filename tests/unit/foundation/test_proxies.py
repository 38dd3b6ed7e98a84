"""The sender of a request behind proxies: nobody can say to be somebody else."""

import pytest

from foundation.proxies import sender

OURS = ("10.0.0.0/8", "::1/128", "127.0.0.1/32")


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("198.51.100.7", "", "198.51.100.7"),  # no proxy in between
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),  # who is none of ours says what it likes
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "203.0.113.9, 10.9.9.9", "203.0.113.9"),  # two proxies
        ("127.0.0.1", "192.0.2.1, 203.0.113.9", "203.0.113.9"),  # the sender wrote the first
        ("127.0.0.1", "203.0.113.9, nonsense", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("::1", "2001:DB8::1", "2001:db8::1"),
        ("127.0.0.1", "10.4.4.4", "10.4.4.4"),  # one of our own machines
        ("", "203.0.113.9", ""),
    ],
)
def test_the_sender_is_the_last_address_that_is_none_of_our_proxies(peer, forwarded, expected):
    assert sender(peer, forwarded, OURS) == expected


def test_without_proxies_of_ours_only_who_connected_counts():
    assert sender("127.0.0.1", "203.0.113.9", ()) == "127.0.0.1"
