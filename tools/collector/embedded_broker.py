"""The Python broker amqtt as a program of its own: `embedded_broker PORT`.

A process of its own, so that its event loop, its log and its warnings stay out of ours.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import warnings


async def _serve(port: int) -> None:
    from amqtt.broker import Broker

    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {
                "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}
            },
        }
    )
    await broker.start()
    await asyncio.Event().wait()  # until the process is ended


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    asyncio.run(_serve(int(sys.argv[1])))
