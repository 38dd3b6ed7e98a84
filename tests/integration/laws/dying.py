"""The web application, with a process that dies between commit and answer when it is told to.

A file named by LAWS_DYING arms it: the next answer to a POST is worked out, and never sent.
"""

import os
import signal
from pathlib import Path
from typing import Any

from cityhub.asgi import application as _application


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serve as `cityhub.asgi` does."""
    armed = Path(os.environ["LAWS_DYING"])

    async def answer(message: Any) -> None:
        if scope.get("method") == "POST" and armed.exists():
            armed.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        await send(message)

    await _application(scope, receive, answer)
