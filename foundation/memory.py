"""The garbage collector in processes that live long: web, worker, and their benchmarks."""

import gc


def settle() -> None:
    """Keep what is loaded now out of the collector's way, and have it walk the rest seldom.

    Requests and batches of events make objects faster than by default suits the collector: it would
    walk all that the process holds, a city's rules, zones and streets, for a few hundred of them.
    What is young is looked at often, so that no request waits long for it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(700, 10, 700)
