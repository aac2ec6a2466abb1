"""The pool that answers: few at a time, each visitor in turn, and a limit to what waits."""

import asyncio
import threading
from concurrent.futures import CancelledError

import pytest

from qa.access import Visitor, turn_of
from qa.access.visitor import KEY
from qa.api.pool import Pool
from qa.errors import Busy


class Held:
    """A pool whose only worker is held until ``let_go``."""

    def __init__(self, waiting):
        self.pool, self.order = Pool(1, waiting=waiting), []
        self.let_go, self._started = threading.Event(), threading.Event()
        self.first = self.pool.submit(self._hold)
        assert self._started.wait(60)

    def _hold(self):
        self._started.set()
        assert self.let_go.wait(60)

    def add(self, name, visitor):
        return self.pool.submit(lambda: self.order.append(name), visitor)

    def finish(self):
        self.let_go.set()
        self.pool.submit(lambda: None, "last").result(60)
        self.pool.stop()


def test_visitors_are_served_in_turn():
    held = Held(waiting=100)
    futures = [held.add(f"a{number}", "a") for number in range(4)]
    futures += [held.add("b0", "b"), held.add("b1", "b"), held.add("c0", "c")]
    held.let_go.set()
    for future in futures:
        future.result(60)
    assert held.order == ["a0", "b0", "c0", "a1", "b1", "a2", "a3"]
    held.pool.stop()


def test_a_full_queue_refuses_whoever_has_the_most_waiting():
    held = Held(waiting=4)
    mine = [held.add(f"a{number}", "a") for number in range(4)]
    with pytest.raises(Busy, match="4 requests are waiting: ask again in 1 s") as caught:
        held.add("a4", "a")
    assert caught.value.retry_after_s >= 1
    other = held.add("b0", "b")
    with pytest.raises(Busy):
        mine[3].result(60)
    held.let_go.set()
    other.result(60)
    mine[2].result(60)
    assert held.order == ["a0", "b0", "a1", "a2"]
    held.pool.stop()


def test_two_visitors_share_a_full_queue():
    held = Held(waiting=4)
    for number in range(4):
        held.add(f"a{number}", "a")
    for number in range(2):
        held.add(f"b{number}", "b")
    for visitor in ("a", "b"):
        with pytest.raises(Busy):
            held.add("late", visitor)
    held.let_go.set()
    held.pool.submit(lambda: None, "c").result(60)
    held.pool.stop()


def test_what_is_cancelled_while_it_waits_is_never_run():
    held = Held(waiting=2)
    gone, kept = held.add("gone", "a"), held.add("kept", "a")
    assert gone.cancel()
    new = held.add("new", "b")  # there is room for it
    held.let_go.set()
    kept.result(60)
    new.result(60)
    assert held.order == ["kept", "new"]
    held.pool.stop()
    with pytest.raises(CancelledError):
        gone.result()


def test_a_coroutine_that_gives_up_leaves_the_queue():
    held = Held(waiting=10)

    async def give_up():
        waiting = asyncio.ensure_future(held.pool.call(lambda: held.order.append("x"), "a"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(give_up())
    held.finish()
    assert held.order == []


def test_an_error_is_that_of_the_call_and_the_worker_goes_on():
    pool = Pool(1)

    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        pool.run(fail)
    assert pool.run(lambda: 7) == 7
    assert asyncio.run(pool.call(lambda: 8)) == 8
    assert (pool.running, pool.waiting) == (0, 0)
    pool.stop()


def test_no_more_than_the_workers_run_at_a_time():
    pool, running, most = Pool(3), 0, 0
    counting, all_in = threading.Lock(), threading.Barrier(3, timeout=60)

    def work():
        nonlocal running, most
        with counting:
            running += 1
            most = max(most, running)
        all_in.wait()
        with counting:
            running -= 1

    for future in [pool.submit(work, str(number)) for number in range(12)]:
        future.result(60)
    assert most == 3
    pool.stop()


def test_stopping_refuses_what_waits_and_waits_for_what_runs():
    held = Held(waiting=10)
    waiting = held.add("late", "a")
    held.pool.stop(timeout_s=0)
    with pytest.raises(Busy, match="stopping"):
        waiting.result(60)
    with pytest.raises(Busy, match="stopping"):
        held.add("later", "a")
    held.let_go.set()
    held.first.result(60)
    assert held.order == []


def test_what_is_only_looked_up_waits_for_no_question_and_ends_with_the_pool():
    held = Held(waiting=10)
    waiting = held.add("question", "a")
    assert held.pool.reads.run(lambda: "found", "a") == "found"
    assert not waiting.done()
    held.let_go.set()
    waiting.result(60)
    assert held.pool.stop(60)
    with pytest.raises(Busy, match="stopping"):
        held.pool.reads.run(lambda: "late", "a")


def test_whose_turn_it_is():
    assert turn_of({"client": ("10.0.0.7", 1)}) == "10.0.0.7"
    assert turn_of({"client": ("10.0.0.7", 1), KEY: Visitor()}) == "10.0.0.7"
    assert turn_of({"client": ("10.0.0.7", 1), KEY: Visitor("ada")}) == "ada"
    assert turn_of({"client": None}) == ""


def test_the_addresses_of_an_ipv6_network_are_one_visitor():
    near, other, far = "2001:db8::1", "2001:db8:0:0:ffff::2", "2001:db8:0:1::1"
    turns = [turn_of({"client": (address, 1)}) for address in (near, other, far)]
    assert turns == ["2001:db8::/64", "2001:db8::/64", "2001:db8:0:1::/64"]
