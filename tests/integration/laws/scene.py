"""`python -m tests.integration.laws.scene lay|judge FOLDER`: a scene in the database of
DATABASE_URL for processes that run outside of the tests.

`lay` builds the world, stops the domain clock, plays some days undisturbed, keeps what they came
to, and forgets them again. `judge` waits until the workers have read everything, then compares;
it reads nothing itself. What they have to say to each other is in FOLDER.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

SHIFT_S = -4 * 3600.0
"""Each day begins so much before the one that was made before it."""
CATCH_UP_S, STILL_S = 120.0, 2.5


def lay(folder: Path, days: int) -> None:
    """Write `events.json` (token and events per sender) and `expected.json`."""
    from foundation import clock
    from foundation.models import DomainClock
    from tests import derived, factories
    from tests.integration.laws import play, simulated
    from tests.integration.laws import world as laying

    world = laying.build()
    DomainClock.objects.create(pk=1, instant=play.START)
    clock.forget()
    tables = derived.Tables()
    sent = [one for n in range(days) for one in simulated.day(world, n, begins_s=n * SHIFT_S)]
    play.undisturbed(world, sent, as_of=play.START)
    expected = {"tables": tables.names, "rows": tables.dump()}
    tables.forget()
    tokens = [factories.token(world.senders[0].organisation), factories.token(_provider())]
    told = [[one.sender, one.body] for one in sent]
    (folder / "events.json").write_text(json.dumps({"tokens": tokens, "events": told}))
    (folder / "expected.json").write_text(json.dumps(expected))


def judge(folder: Path) -> None:
    """Compare log and tables with the undisturbed days, given the clients' `answers.json`."""
    from foundation import consumers
    from tests import derived
    from tests.integration.laws import judging
    from tests.integration.laws.play import Answers
    from tests.integration.laws.simulated import Sent

    assert _caught_up(consumers.backlog), f"the workers do not catch up: {consumers.lag()}"
    answers = Answers()
    for event_id, seen in json.loads((folder / "answers.json").read_text()).items():
        answers.statuses[event_id].update(seen)
    told = json.loads((folder / "events.json").read_text())["events"]
    judging.acknowledged([Sent(sender, body, 0.0) for sender, body in told], answers)
    judging.journal()
    judging.identities()
    expected = json.loads((folder / "expected.json").read_text())
    tables = derived.Tables(expected["tables"])
    wanted = {name: [tuple(row) for row in rows] for name, rows in expected["rows"].items()}
    differing = derived.difference(wanted, tables.dump())
    assert differing == "", differing
    tables.forget()


def _caught_up(backlog: Callable[[], int]) -> bool:
    """Wait until nothing has been left to read for some ticks: a job of theirs may tell more."""
    deadline = time.monotonic() + CATCH_UP_S
    read_since = None
    while (now := time.monotonic()) < deadline:
        if backlog():
            read_since = None
        elif read_since is None:
            read_since = now
        elif now - read_since >= STILL_S:
            return True
        time.sleep(0.2)
    return False


def _provider():
    from accounts.models import Organisation

    return Organisation.objects.get(code="harbour-3pl")


if __name__ == "__main__":
    import django

    django.setup()
    if sys.argv[1] == "lay":
        lay(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        judge(Path(sys.argv[2]))
