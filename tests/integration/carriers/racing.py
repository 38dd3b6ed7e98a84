"""Threads that start together."""

import threading


def at_once(count, work):
    """Run `work(number)` in so many threads that start together; return their results."""
    from django.db import connection

    gate = threading.Barrier(count)
    results, errors = [None] * count, []

    def run(number):
        try:
            gate.wait()
            results[number] = work(number)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not errors, errors
    return results
