"""The hub of the live pages: groups read once, cursors resume, queues are bounded."""

import asyncio

from portal.live.hub import QUEUE, Changed, Client, Hub, News


class Ledger:
    """A log of numbered entries; reading returns what lies after a cursor."""

    def __init__(self) -> None:
        self.entries: list[str] = []
        self.reads = 0

    def read(self, after: int | None) -> News:
        self.reads += 1
        start = after or 0
        fresh = tuple(("entry", text) for text in self.entries[start:])
        return News(len(self.entries), fresh)


def quick() -> Hub:
    hub = Hub()
    hub.look_every_s = 0.01
    return hub


async def take(news, count):
    return [(await asyncio.wait_for(anext(news), 2)) for _number in range(count)]


def test_who_begins_gets_what_is_there_and_then_what_comes():
    async def run():
        ledger, hub = Ledger(), quick()
        ledger.entries.append("before")
        news = hub.listen("group", ledger.read, None)
        first = (await take(news, 1))[0]
        ledger.entries.append("after")
        second = (await take(news, 1))[0]
        await news.aclose()
        return first, second

    first, second = asyncio.run(run())
    assert first == News(1, (("entry", "before"),))
    assert second == News(2, (("entry", "after"),))


def test_who_comes_back_with_a_cursor_gets_only_what_was_missed():
    async def run():
        ledger, hub = Ledger(), quick()
        ledger.entries += ["seen", "missed"]
        news = hub.listen("group", ledger.read, 1)
        first = (await take(news, 1))[0]
        await news.aclose()
        return first

    assert asyncio.run(run()) == News(2, (("entry", "missed"),))


def test_clients_of_a_group_share_one_reading():
    async def run():
        ledger, hub = Ledger(), Hub()
        hub.look_every_s = 60
        listeners = [hub.listen("group", ledger.read, None) for _number in range(20)]
        for news in listeners:
            await take(news, 1)
        waiting = [asyncio.ensure_future(take(news, 1)) for news in listeners]
        await asyncio.sleep(0.05)
        before = ledger.reads
        ledger.entries.append("news")
        hub.wake()
        got = await asyncio.gather(*waiting)
        for news in listeners:
            await news.aclose()
        return before, ledger.reads, got

    before, after, got = asyncio.run(run())
    assert after == before + 1
    assert all(one == [News(1, (("entry", "news"),))] for one in got)


def test_a_group_without_clients_stops_reading():
    async def run():
        ledger, hub = Ledger(), quick()
        news = hub.listen("group", ledger.read, None)
        await take(news, 1)
        await news.aclose()
        reads = ledger.reads
        await asyncio.sleep(0.1)
        return hub.listeners, ledger.reads - reads

    assert asyncio.run(run()) == (0, 0)


def test_a_client_that_cannot_keep_up_is_told_to_begin_anew():
    async def run():
        client = Client()
        for number in range(QUEUE + 1):
            client.offer(News(number))
        return client.queue.qsize(), client.queue.get_nowait()

    assert asyncio.run(run()) == (1, None)


def test_a_reading_that_fails_is_tried_again():
    async def run():
        ledger, hub = Ledger(), quick()
        news = hub.listen("group", ledger.read, None)
        await take(news, 1)
        good = ledger.read
        failures = []

        def fails_once(after):
            if not failures:
                failures.append(after)
                raise ConnectionError("the database is away")
            return good(after)

        hub._groups["group"].read = fails_once
        ledger.entries.append("still comes")
        found = (await take(news, 1))[0]
        await news.aclose()
        return failures, found

    failures, found = asyncio.run(run())
    assert failures == [0]
    assert found.events == (("entry", "still comes"),)


def test_a_group_whose_reader_may_see_something_else_ends_for_all_of_its_clients():
    def changed(after):
        if after is not None:
            raise Changed
        return News(0)

    async def run():
        ledger, hub = Ledger(), quick()
        clients = [hub.listen("group", ledger.read, None), hub.listen("group", changed, None)]
        for news in clients:
            await take(news, 1)
        rest = [[told async for told in news] for news in clients]
        back = hub.listen("group", ledger.read, None)
        await take(back, 1)
        ledger.entries.append("after")
        told = await take(back, 1)
        await back.aclose()
        return rest, told, hub.listeners

    rest, told, listeners = asyncio.run(asyncio.wait_for(run(), 5))
    assert (rest, listeners) == ([[], []], 0)
    assert told[0].events == (("entry", "after"),)
