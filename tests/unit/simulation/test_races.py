"""Races for metres: how many can win is worked out from the metres, and they run at once."""

import threading

import numpy as np

from simulation import fleet, races
from simulation.places import Bay


def test_fifty_races_whose_winners_are_fixed_by_the_metres():
    short, long = Bay("short", (0.0, 0.0), 10.0), Bay("long", (0.0, 0.0), 17.0)
    more = [Bay(f"more-{k}", (0.0, 0.0), 10.0) for k in range(2)]

    drawn = races.races([short, long, *more], fleet.vehicles(), np.random.default_rng(1))

    assert len(drawn) == 50
    # a van takes 6 m and 1.5 m to manoeuvre: one fits 10 m, two fit 17 m
    assert {race.winners for race in drawn if race.bay == "short"} == {1}
    assert {race.winners for race in drawn if race.bay == "long"} == {2}
    assert all(len(race.contenders) > race.winners for race in drawn)
    assert len({(race.bay, race.start) for race in drawn}) == 50


def test_all_ask_at_the_same_moment_and_answers_keep_their_order():
    together = threading.Barrier(4, timeout=5.0)

    def ask(number):
        together.wait()  # passes only if all four run at once
        return number

    assert races.run([lambda n=n: ask(n) for n in range(4)]) == [0, 1, 2, 3]


def test_forty_vehicles_of_three_carriers():
    vehicles = fleet.vehicles()

    assert len(vehicles) == 40
    assert {vehicle.carrier for vehicle in vehicles} == {c.code for c in fleet.CARRIERS}
    assert len({vehicle.ref for vehicle in vehicles}) == 40
