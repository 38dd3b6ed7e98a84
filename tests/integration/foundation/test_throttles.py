"""Requests per minute: counted together by all processes, asked for seldom."""

import threading

import pytest
from django.core.cache import cache

from foundation.api import throttles
from foundation.api.throttles import _Leases


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """How often the cache was asked to count."""
    cache.clear()
    calls = []

    def count(key, more):
        calls.append(more)
        return original(key, more)

    original = throttles._count
    monkeypatch.setattr(throttles, "_count", count)
    return calls


def passed(process, most, tries, who="client", window=1):
    return sum(process.are_within(who, window, most) for _ in range(tries))


def test_one_process_lets_pass_exactly_the_limit():
    for most in (1, 7, 999, 5000):
        assert passed(_Leases(), most, most + 50, who=f"client-{most}") == most


def test_a_large_limit_is_asked_about_once_in_a_thousandth(asked):
    assert passed(_Leases(), 20_000, 1000) == 1000
    assert asked == [20] * 50


def test_processes_together_never_pass_more_than_the_limit():
    first, second = _Leases(), _Leases()
    total = 0
    for _ in range(4000):
        total += first.are_within("client", 1, 5000)
        total += second.are_within("client", 1, 5000)
    assert total == 5000


def test_a_process_that_ends_takes_a_thousandth_with_it_at_most():
    first, second = _Leases(), _Leases()
    assert first.are_within("client", 1, 5000)
    assert passed(second, 5000, 6000) == 5000 - 5


def test_a_new_window_begins_at_nothing():
    process = _Leases()
    assert passed(process, 2000, 3000, window=1) == 2000
    assert passed(process, 2000, 3000, window=2) == 2000


def test_clients_have_limits_of_their_own():
    process = _Leases()
    assert passed(process, 3, 10, who="first") == 3
    assert passed(process, 3, 10, who="second") == 3


def test_requests_sent_at_once_pass_together_or_not_at_all():
    process = _Leases()
    assert process.are_within("client", 1, 100, 60)
    assert not process.are_within("client", 1, 100, 60)


def test_threads_together_pass_exactly_the_limit():
    process, totals = _Leases(), []

    def work():
        totals.append(passed(process, 4000, 1500))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(totals) == 4000
