"""The clock of the child that reads files ends one that hangs, not one that waits for its turn."""

import os
import sys
import threading

import pytest

from qa.sandbox.clock import Clock, processor_time_s

TICK_S = 0.01


def asked(times):
    """Return how often a clock asks for processor times before it ends a child that has these."""
    told = iter(times)
    count = 0

    def used_s():
        nonlocal count
        count += 1
        return next(told)

    ended = threading.Event()
    with Clock(TICK_S, 5, ended.set, used_s) as clock:
        assert ended.wait(60)
        assert clock.has_ended
    return count


def test_a_child_that_hangs_is_ended_when_its_time_has_passed():
    assert asked([3.0, 3.0]) == 2


def test_a_child_that_works_slowly_has_its_time_again():
    # Each turn asks at its begin and at its end.
    assert asked([3.0, 3.1, 3.1, 3.2, 3.2, 3.2]) == 6


def test_a_child_that_works_for_ever_is_ended_in_its_last_turn():
    assert asked(iter(range(100))) == 9


def test_where_no_processor_time_is_told_the_time_alone_counts():
    assert asked([None, None]) == 2


def test_a_clock_that_is_left_ends_nothing():
    ended = threading.Event()
    with Clock(TICK_S, 5, ended.set, lambda: 0.0) as clock:
        pass
    assert not ended.wait(10 * TICK_S)
    assert not clock.has_ended


@pytest.mark.skipif(sys.platform != "linux", reason="others do not tell it")
def test_the_processor_time_of_a_process_is_told_while_there_is_one():
    before = processor_time_s(os.getpid())
    assert before is not None
    sum(range(1_000_000))
    now = processor_time_s(os.getpid())
    assert now is not None
    assert now > before
    child = os.posix_spawn(sys.executable, [sys.executable, "-c", ""], {})
    os.waitpid(child, 0)
    assert processor_time_s(child) is None
