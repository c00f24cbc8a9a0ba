"""At most so many seconds, for many things at once, watched by one timer."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from lab.limit import Limit


def run(main):
    """Run ``main`` in a loop of its own, whatever other tests have left running in this thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(main())).result()


def test_what_takes_too_long_is_ended_and_what_is_quick_is_not():
    limit = Limit(0.2)

    async def wait(seconds):
        with limit:
            await asyncio.sleep(seconds)
        return seconds

    async def main():
        return await asyncio.gather(wait(0.01), wait(5), wait(0.02), return_exceptions=True)

    quick, slow, other = run(main)
    assert (quick, other) == (0.01, 0.02)
    assert isinstance(slow, asyncio.TimeoutError)


def test_whoever_is_called_off_by_somebody_else_is_not_late():
    limit = Limit(60)

    async def wait():
        with limit:
            await asyncio.sleep(5)

    async def main():
        task = asyncio.ensure_future(wait())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main)


def test_it_works_in_one_loop_after_the_other_and_sets_one_timer_for_all():
    limit = Limit(0.2)

    async def wait(seconds):
        with limit:
            await asyncio.sleep(seconds)

    async def main():
        loop = asyncio.get_running_loop()
        set_by_us = []
        call_later = loop.call_later
        loop.call_later = lambda delay, work, *args, **options: (
            set_by_us.append(work) if work == limit._watch else None,
            call_later(delay, work, *args, **options),
        )[1]
        await asyncio.gather(*(wait(0.001) for _ in range(100)))
        assert len(set_by_us) <= 1
        with pytest.raises(asyncio.TimeoutError):
            await wait(2)

    run(main)
    run(main)
