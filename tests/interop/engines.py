"""Two end-to-end engines with one face: ours, which `confcall peer` drives, and that of ntgcalls.

An engine makes the block with which a user enters a call, takes the items of both subchains as the server sends them, and gives
the broadcasts that it wants sent, of which there may be some whenever it has changed.
"""

import asyncio
import itertools
import json
import os
import secrets
import sys

import ntgcalls

BLOCKS, BROADCASTS = 0, 1


class Peer:
    """`confcall peer`: one process for all engines of a script."""

    @classmethod
    async def start(cls, command):
        self = cls()
        pipe = asyncio.subprocess.PIPE
        # A chain of many members is one long line.
        self.process = await asyncio.create_subprocess_exec(command, "peer", stdin=pipe, stdout=pipe, limit=1 << 24)
        self.names = itertools.count()
        self.turn = asyncio.Lock()
        return self

    async def answer(self, op, **arguments):
        # Who is cancelled in between does not leave an answer to the next one.
        return await asyncio.shield(self.exchange(op, arguments))

    async def exchange(self, op, arguments):
        async with self.turn:
            self.process.stdin.write(json.dumps({"op": op, **arguments}).encode() + b"\n")
            return json.loads(await self.process.stdout.readline())

    async def ask(self, op, **arguments):
        answer = await self.answer(op, **arguments)
        assert "ok" in answer, f"{op}: {answer}"
        return answer["ok"]

    async def emoji(self, emoji_hash):
        return (await self.ask("emoji", emoji_hash=emoji_hash))["emoji"]

    async def stop(self):
        self.process.stdin.close()
        await self.process.wait()


class OurEngine:
    """A user of `confcall peer`."""

    def __init__(self, peer, user_id):
        self.peer, self.user_id = peer, user_id
        self.call = f"call {next(peer.names)}"
        self.seed, self.is_in = None, False
        self.group_state = self.emoji = None
        self.changed = asyncio.Event()

    async def enter(self, last_block):
        """The public key, the block and the payload with which the user enters after this block, or as the first."""
        self.seed = secrets.token_hex(32)
        key = (await self.peer.ask("key", seed=self.seed))["public_key"]
        if last_block is None:
            own = {"user_id": self.user_id, "public_key": key, "flags": 3, "version": 0}
            state = {"participants": [own], "external_permissions": 3}
            made = await self.peer.ask("zero_block", seed=self.seed, group_state=state)
        else:
            made = await self.peer.ask(
                "self_add", seed=self.seed, previous_block=last_block.hex(), user_id=self.user_id, flags=3, version=0
            )
        return bytes.fromhex(key), bytes.fromhex(made["block"]), payload()

    async def apply(self, subchain, next_offset, items, polled):
        for item in items:
            if subchain == BROADCASTS:
                if self.is_in:
                    # One that is early or late is refused, and no reason to end.
                    await self.peer.answer("call_inbound", call=self.call, message=item.hex())
            elif self.is_in:
                state = await self.peer.ask("call_apply", call=self.call, block=item.hex())
                self.group_state = state["group_state"]
            else:
                answer = await self.peer.answer(
                    "call_create", call=self.call, user_id=self.user_id, seed=self.seed, last_block=item.hex()
                )
                # Blocks before the own one do not have the user.
                if "ok" in answer:
                    self.group_state = answer["ok"]["group_state"]
                    self.is_in = True
        if self.is_in:
            verification = await self.peer.ask("call_verification", call=self.call)
            found = verification.get("emoji_hash")
            self.emoji = await self.peer.emoji(found) if found else None
            self.changed.set()

    async def outbound(self):
        if not self.is_in:
            return []
        messages = (await self.peer.ask("call_outbound", call=self.call))["messages"]
        return [bytes.fromhex(message) for message in messages]

    async def without(self, *users):
        """The block that removes users."""
        participants = [one for one in self.group_state["participants"] if one["user_id"] not in users]
        state = {**self.group_state, "participants": participants}
        made = await self.peer.ask("call_change_state", call=self.call, group_state=state)
        return bytes.fromhex(made["block"])

    async def seal(self, data):
        packet = await self.peer.ask("call_encrypt", call=self.call, channel_id=0, data=data.hex(), prefix=0)
        return bytes.fromhex(packet["packet"])

    async def open(self, user_id, packet):
        arguments = {"call": self.call, "user_id": user_id, "channel_id": 0, "packet": packet.hex()}
        return bytes.fromhex((await self.peer.ask("call_decrypt", **arguments))["data"])

    async def close(self):
        self.is_in = False
        await self.peer.answer("call_drop", call=self.call)


class Ntgcalls:
    """A user of ntgcalls, whose engine takes and gives blocks, and keeps packets to itself."""

    library = None
    calls = {}

    def __init__(self, user_id):
        if Ntgcalls.library is None:
            Ntgcalls.library = ntgcalls.NTgCalls()
            self.library.on_outbound_block(lambda call, item: self.told(call, "waiting", item))
            self.library.on_update_emojis(lambda call, emoji: self.told(call, "emoji", emoji))
        self.user_id, self.call = user_id, len(self.calls) + 1
        self.loop = asyncio.get_running_loop()
        self.calls[self.call] = self
        self.waiting, self.emoji = [], None
        self.changed = asyncio.Event()

    @classmethod
    def told(cls, call, what, value):
        """The library calls from threads of its own."""
        one = cls.calls[call]
        one.loop.call_soon_threadsafe(one.take, what, value)

    def take(self, what, value):
        if what == "waiting":
            self.waiting.append(value)
        else:
            self.emoji = value
        self.changed.set()

    async def enter(self, last_block):
        await self.library.create_p2p_call(self.call)
        made = await self.library.init_conference(self.call, self.user_id, last_block)
        return bytes(made.public_key), bytes(made.block), made.payload

    async def apply(self, subchain, next_offset, items, polled):
        if subchain == BLOCKS:
            self.emoji = None
        await self.library.apply_blocks(self.call, subchain, next_offset, items, polled)

    async def outbound(self):
        taken, self.waiting = self.waiting, []
        return taken

    async def close(self):
        await self.library.stop(self.call)


def end():
    """Ends a script that used ntgcalls: threads of its own can outlive the interpreter, which ends by a signal then."""
    sys.stdout.flush()
    os._exit(0)


def payload():
    """A join payload with a source of its own; its media end is nowhere."""
    fingerprint = ":".join(["AB"] * 32)
    return json.dumps(
        {
            "ufrag": secrets.token_hex(4),
            "pwd": secrets.token_hex(16),
            "fingerprints": [{"hash": "sha-256", "setup": "passive", "fingerprint": fingerprint}],
            "ssrc": secrets.randbelow(1 << 31) + 1,
            "ssrc-groups": [],
        }
    )
