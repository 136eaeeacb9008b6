"""The background task that sends signed events to the shop (Standard Webhooks)."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from sqlite3 import Connection, Row

import aiohttp
from standardwebhooks import Webhook

from sandbox import outbox
from sandbox.database import transaction
from sandbox.logs import log
from sandbox.settings import Settings

AT_ONCE = 8
ATTEMPT_SECONDS = 10.0


class Delivery:
    """Sends events when they are due: at least once, also after a restart, with limited retries."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self._connection = connection
        self._url = settings.webhook_url
        self._signers = [Webhook(secret) for secret in settings.webhook_secrets]
        self._attempts: dict[str, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Check for due events now, because a request may have added one."""
        self._woken.set()

    async def run(self) -> None:
        """Send due events until the task is cancelled."""
        async with self._client() as client:
            try:
                while True:
                    self._woken.clear()
                    pause = self._start_due_attempts(client)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._woken.wait(), pause)
            finally:
                attempts = list(self._attempts.values())
                for attempt in attempts:
                    attempt.cancel()
                await asyncio.gather(*attempts, return_exceptions=True)

    async def deliver_again(self, event: Row) -> None:
        """Send one event now, whatever its state. A failure does not change its schedule."""
        async with self._client() as client:
            await self._attempt(client, event)

    def _client(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ATTEMPT_SECONDS))

    def _start_due_attempts(self, client: aiohttp.ClientSession) -> float | None:
        """Start due attempts. Returns the seconds until the next one is due, or None."""
        for event in outbox.upcoming_events(self._connection, AT_ONCE + len(self._attempts)):
            if event["id"] in self._attempts:
                continue
            pause = outbox.seconds_until(event)
            if pause > 0:
                return pause
            if len(self._attempts) == AT_ONCE:
                return None  # `_finish` calls `wake` when an attempt ends
            attempt = asyncio.create_task(self._attempt(client, event))
            self._attempts[event["id"]] = attempt
            attempt.add_done_callback(partial(self._finish, event["id"]))
        return None

    def _finish(self, event_id: str, _attempt: asyncio.Task[None]) -> None:
        del self._attempts[event_id]
        self.wake()

    async def _attempt(self, client: aiohttp.ClientSession, event: Row) -> None:
        status = None
        with suppress(aiohttp.ClientError, OSError, ValueError):
            async with client.post(
                self._url,
                data=event["body"].encode(),
                headers=self._headers(event),
                allow_redirects=False,
            ) as answer:
                status = answer.status
        log("event", id=event["id"], type=event["type"], status=status)
        with transaction(self._connection):
            if status is not None and 200 <= status <= 299:
                outbox.note_delivery(self._connection, event, status)
            else:
                outbox.note_failure(self._connection, event, status)

    def _headers(self, event: Row) -> dict[str, str]:
        """Sign with the current time: the shop would reject an old timestamp as a replay."""
        moment = datetime.now(UTC)
        signatures = (
            signer.sign(msg_id=event["id"], timestamp=moment, data=event["body"])
            for signer in self._signers
        )
        return {
            "Content-Type": "application/json",
            "webhook-id": event["id"],
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
