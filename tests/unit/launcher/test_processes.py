import os
import subprocess
import sys

from launcher import processes
from launcher.supervisor import pause_s
from launcher.upward import duration

STAT = "4711 (a (strange) name) S 1 4711 4711 0 -1 4194560 1 0 0 0 3 2 0 0 20 0 1 0 98765 1 2 3"


def test_the_start_of_a_process_is_read_past_parentheses_in_its_name():
    assert processes.parse_stat(STAT) == ("S", 98765)


def test_a_pid_file_of_a_later_process_with_the_same_pid_is_stale(tmp_path):
    me = processes.this_process()
    processes.remember(tmp_path / "pid", me, port=8000)
    assert processes.recall(tmp_path / "pid") == (me, {"port": 8000})
    processes.remember(tmp_path / "pid", processes.Process(me.pid, me.started - 1))
    assert processes.recall(tmp_path / "pid") is None


def test_a_broken_pid_file_is_as_none(tmp_path):
    (tmp_path / "pid").write_text('{"pid": 1')
    assert processes.recall(tmp_path / "pid") is None
    assert processes.recall(tmp_path / "missing") is None


def test_a_process_that_ended_is_not_alive():
    child = subprocess.Popen([sys.executable, "-S", "-c", "pass"])
    process = processes.Process(child.pid, processes.start_of(child.pid) or 0)
    child.wait()
    assert not process.alive()


def test_only_the_last_user_switches_off(tmp_path):
    switched: list[str] = []
    one, other = processes.Use(tmp_path / "use"), processes.Use(tmp_path / "use")
    one.begin()
    other.begin()
    one.end(lambda: switched.append("one"))
    other.end(lambda: switched.append("other"))
    assert switched == ["other"]


def test_a_user_that_was_killed_does_not_count(tmp_path):
    switched: list[str] = []
    dead, living = processes.Use(tmp_path / "use"), processes.Use(tmp_path / "use")
    dead.begin()
    living.begin()
    os.close(dead._file.fileno())  # as the kernel does for a process that dies
    living.end(lambda: switched.append("off"))
    assert switched == ["off"]


def test_a_child_that_keeps_ending_waits_longer_up_to_half_a_minute():
    assert [pause_s(n) for n in (1, 2, 3, 7, 8, 100)] == [0.5, 1.0, 2.0, 30.0, 30.0, 30.0]


def test_durations_read_like_speech():
    assert [duration(s) for s in (0, 59.9, 60, 3599, 3600, 90000)] == [
        "0s", "59s", "1m00s", "59m59s", "1h00m", "1d01h",
    ]  # fmt: skip
