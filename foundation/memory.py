"""The garbage collector in processes that live long: web, worker, and their benchmarks."""

import gc


def settle() -> None:
    """Keep what is loaded now out of the collector's way, and have it start less often.

    A request or a batch of events makes tens of thousands of objects without cycles; by default
    the collector would walk everything that the process holds every few hundred requests for them,
    a city's rules, zones and streets included.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(2_000, 50, 50)
