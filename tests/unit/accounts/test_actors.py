from types import SimpleNamespace
from uuid import UUID

from accounts.actors import Actor, Grant

OURS, THEIRS, VAN = UUID(int=1), UUID(int=2), UUID(int=3)
CITY = SimpleNamespace(id=UUID(int=9), code="hel")


def an_actor(kind="carrier", scopes=("curbs:book",), grants=()):
    organisation = SimpleNamespace(id=OURS, kind=kind, code="blue-vans")
    return Actor(city=CITY, organisation=organisation, scopes=frozenset(scopes), grants=grants)


def test_the_public_may_nothing_that_needs_a_scope():
    public = Actor.public(CITY)
    assert public.is_public
    assert not public.is_city
    assert not public.may("curbs:book")
    assert public.organisation_ids("curbs:book") == frozenset()


def test_only_the_citys_own_organisation_is_the_city():
    assert an_actor(kind="city").is_city
    assert not an_actor(kind="carrier").is_city


def test_a_scope_reaches_ones_own_organisation_and_principals_of_mandates():
    grant = Grant(THEIRS, frozenset({"curbs:book"}), frozenset(), UUID(int=4))
    actor = an_actor(grants=(grant,))
    assert actor.organisation_ids("curbs:book") == {OURS, THEIRS}
    assert actor.organisation_ids("events:write") == frozenset()


def test_a_mandate_for_some_vehicles_covers_only_those():
    grant = Grant(THEIRS, frozenset({"curbs:book"}), frozenset({VAN}), UUID(int=4))
    actor = an_actor(grants=(grant,))
    assert actor.grant_for(THEIRS, "curbs:book", VAN) is grant
    assert actor.grant_for(THEIRS, "curbs:book", UUID(int=5)) is None
    assert actor.grant_for(OURS, "curbs:book", VAN) is None
