"""The threads of a web process: as few as the work needs, never more than allowed."""

import threading

import pytest

from foundation.threads import Threads


def me():
    return threading.current_thread().name


@pytest.fixture
def gate():
    opened = threading.Event()
    yield opened
    opened.set()


def held(gate, entered):
    entered.release()
    gate.wait(20)
    return me()


def test_work_one_after_the_other_stays_in_one_thread():
    threads = Threads(8)
    assert {threads.submit(me).result(20) for _ in range(200)} == {"request-1"}


def test_work_at_once_gets_threads_of_its_own_and_no_more_than_allowed(gate):
    threads, entered = Threads(3), threading.Semaphore(0)
    futures = [threads.submit(held, gate, entered) for _ in range(5)]
    assert all(entered.acquire(timeout=20) for _ in range(3))
    assert not entered.acquire(timeout=0.1)
    gate.set()
    assert {future.result(20) for future in futures} == {"request-1", "request-2", "request-3"}


def test_what_waits_is_done_in_its_order(gate):
    threads, entered, done = Threads(1), threading.Semaphore(0), []
    first = threads.submit(held, gate, entered)
    later = [threads.submit(done.append, number) for number in range(20)]
    gate.set()
    assert first.result(20) == "request-1"
    for future in later:
        future.result(20)
    assert done == list(range(20))


def test_an_error_reaches_who_asked_and_the_thread_goes_on():
    threads = Threads(1)
    with pytest.raises(ZeroDivisionError):
        threads.submit(lambda: 1 / 0).result(20)
    assert threads.submit(me).result(20) == "request-1"


def test_what_was_called_off_while_it_waited_is_not_done(gate):
    threads, entered, done = Threads(1), threading.Semaphore(0), []
    threads.submit(held, gate, entered)
    called_off = threads.submit(done.append, "called off")
    last = threads.submit(done.append, "last")
    assert called_off.cancel()
    gate.set()
    last.result(20)
    assert done == ["last"]


def test_a_thread_that_the_machine_refuses_is_tried_again(monkeypatch):
    def refuses(thread):
        raise RuntimeError("can't start new thread")

    threads = Threads(1)
    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", refuses)
        with pytest.raises(RuntimeError):
            threads.submit(me)
    assert threads.submit(me).result(20) == "request-1"
