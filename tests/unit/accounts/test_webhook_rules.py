from datetime import timedelta
from uuid import UUID

import pytest

from accounts import rules
from accounts.actors import Grant

OURS, THEIRS, MANDATE = UUID(int=1), UUID(int=2), UUID(int=3)
VAN, LORRY = UUID(int=7), UUID(int=8)


def hears(owner_id, *, vehicle_id=VAN, is_city=False, grants=(), scope="findings:read"):
    return rules.hears(
        organisation_id=OURS,
        is_city=is_city,
        grants=grants,
        scope=scope,
        owner_id=owner_id,
        vehicle_id=vehicle_id,
    )


def grant(*scopes, principal=THEIRS, vehicles=()):
    return Grant(principal, frozenset(scopes), frozenset(vehicles), MANDATE)


def test_pauses_grow_and_the_ninth_failure_is_the_last():
    pauses = [rules.pause_after(attempts) for attempts in range(1, 9)]
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(seconds=5)
    # 5 s + 1 min + 5 min + 30 min + 2 h + 5 h + 10 h + 10 h
    assert sum(pauses, timedelta()) == timedelta(hours=27, minutes=36, seconds=5)
    assert rules.pause_after(9) is None


def test_an_endpoint_is_left_alone_longer_with_each_failure_but_never_for_good():
    assert rules.rest_after(1) == timedelta(seconds=5)
    assert rules.rest_after(2) == timedelta(minutes=1)
    assert rules.rest_after(100) == timedelta(hours=10)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(None, True), (500, True), (503, True), (429, True), (408, True), (499, False), (404, False),
     (301, False), (410, False)],
)  # fmt: skip
def test_a_receiver_in_trouble_is_told_from_one_that_dislikes_a_message(status, expected):
    assert rules.is_out_of_order(status) is expected


def test_everybody_hears_what_is_nobodys_and_the_owner_its_own():
    assert hears(None)
    assert hears(OURS)
    assert not hears(THEIRS)
    assert hears(THEIRS, is_city=True)


def test_a_mandate_lets_hear_with_its_scope_its_principal_and_its_vehicles():
    assert hears(THEIRS, grants=[grant("findings:read")])
    assert not hears(THEIRS, grants=[grant("curbs:book")])
    assert not hears(THEIRS, grants=[grant("findings:read", principal=UUID(int=9))])
    assert hears(THEIRS, grants=[grant("findings:read", vehicles=[VAN])])
    assert not hears(THEIRS, vehicle_id=LORRY, grants=[grant("findings:read", vehicles=[VAN])])
    assert not hears(THEIRS, vehicle_id=None, grants=[grant("findings:read", vehicles=[VAN])])
