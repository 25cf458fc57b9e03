"""Members of a conference: a stock client with an end-to-end engine, and `confcall join`."""

import asyncio
import contextlib
import json
import secrets

from telethon import events, functions, types
from telethon.errors import BadRequestError, GroupcallJoinMissingError, RPCError

from engines import BLOCKS, BROADCASTS
from logins import COMMAND

# After so long without an answer a request is sent again: a server may lose it, or its answer.
ANSWER = 8
# A member asks each subchain for what it missed every five seconds, and every second while it verifies or misses something.
CADENCE, FAST_CADENCE = 5, 1
PAGE = 100
# What a call may take to come to its emoji, beside the builds and fuzzers that share a machine.
PATIENCE = 60


async def until(condition, what):
    """Waits for a condition, which is asked again and again."""
    end = asyncio.get_running_loop().time() + PATIENCE
    while not (found := condition()):
        if asyncio.get_running_loop().time() > end:
            raise TimeoutError(what)
        await asyncio.sleep(0.05)
    return found


def by_link(link):
    """The reference to a conference that its link is."""
    return types.InputGroupCallSlug(link.rsplit("/", 1)[1])


class Member:
    """A user of Telethon with an engine, who follows a call as an application does."""

    def __init__(self, client, engine):
        self.client, self.engine = client, engine
        self.next = {BLOCKS: 0, BROADCASTS: 0}
        self.call = self.link = None
        self.messages, self.roster, self.invitations = [], {}, []
        self.has_gap = {BLOCKS: False, BROADCASTS: False}
        self.is_gone = False
        self.turn = asyncio.Lock()
        # What it does all the time while it is in the call.
        self.tasks = set()
        client.add_event_handler(self.take, events.Raw)

    def start(self, work):
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.ended)

    def ended(self, task):
        # One that failed stays, for those who look at the member.
        if task.cancelled() or not task.exception():
            self.tasks.discard(task)

    def check(self):
        for task in self.tasks:
            if task.done():
                task.result()

    async def ask(self, request):
        while True:
            try:
                return await asyncio.wait_for(self.client(request), ANSWER)
            except TimeoutError:
                continue

    async def create(self):
        key, block, payload = await self.engine.enter(None)
        created = await self.client(
            functions.phone.CreateConferenceCallRequest(
                random_id=secrets.randbelow(1 << 31),
                muted=True,
                video_stopped=True,
                join=True,
                public_key=int.from_bytes(key, "little", signed=True),
                block=block,
                params=types.DataJSON(payload),
            )
        )
        await self.entered(created)

    async def join(self, call):
        """Joins by any reference to the call, as a client does that may be too late: with a new block then."""
        while True:
            tip = await self.ask(functions.phone.GetGroupCallChainBlocksRequest(call, BLOCKS, -1, 1))
            blocks = [one for one in tip.updates if isinstance(one, types.UpdateGroupCallChainBlocks)]
            last = blocks[0].blocks[-1] if blocks and blocks[0].blocks else None
            key, block, payload = await self.engine.enter(last)
            request = functions.phone.JoinGroupCallRequest(
                call=call,
                join_as=types.InputPeerSelf(),
                muted=True,
                video_stopped=True,
                public_key=int.from_bytes(key, "little", signed=True),
                block=block,
                params=types.DataJSON(payload),
            )
            try:
                joined = await asyncio.wait_for(self.client(request), ANSWER)
            except TimeoutError:
                pass
            except RPCError as error:
                # Telethon has no class for it, and keeps the names of those alone.
                if not (error.message or "").startswith("CONF_WRITE_CHAIN_INVALID"):
                    raise
            else:
                return await self.entered(joined)
            await self.engine.close()

    async def entered(self, answer):
        for update in answer.updates:
            if isinstance(update, types.UpdateGroupCall):
                call = update.call
                self.call = types.InputGroupCall(call.id, call.access_hash)
                self.link = call.invite_link
            if isinstance(update, types.UpdateGroupCallChainBlocks) and update.sub_chain_id == BLOCKS:
                # The chain begins for us with our own block, which is the first of these.
                self.next[BLOCKS] = update.next_offset - len(update.blocks)
        self.start(self.speak())
        await self.poll(BLOCKS)
        await self.poll(BROADCASTS)
        for update in answer.updates:
            await self.take(update)
        self.start(self.follow(BLOCKS))
        self.start(self.follow(BROADCASTS))

    async def take(self, update):
        """An update of the server."""
        of_call = getattr(update, "call", None)
        if isinstance(update, types.UpdateNewMessage):
            if isinstance(getattr(update.message, "action", None), types.MessageActionConferenceCall):
                self.invitations.append(update.message)
        if self.is_gone or self.call is None or of_call is None or of_call.id != self.call.id:
            return
        if isinstance(update, types.UpdateGroupCallChainBlocks):
            await self.items(update)
        elif isinstance(update, types.UpdateGroupCallEncryptedMessage):
            self.messages.append((update.from_id.user_id, update.encrypted_message))
        elif isinstance(update, types.UpdateGroupCallParticipants):
            for one in update.participants:
                if one.left:
                    self.roster.pop(one.peer.user_id, None)
                else:
                    self.roster[one.peer.user_id] = one

    async def items(self, update, polled=False):
        subchain = update.sub_chain_id
        async with self.turn:
            if self.is_gone:
                return
            missing = update.next_offset - len(update.blocks) - self.next[subchain]
            if missing > 0:
                self.has_gap[subchain] = True
            elif update.next_offset > self.next[subchain]:
                new = update.blocks[-missing:]
                self.next[subchain] = update.next_offset
                self.has_gap[subchain] = False
                await self.engine.apply(subchain, update.next_offset, new, polled)

    async def follow(self, subchain):
        """Asks for what there is all the time: what was pushed may be lost."""
        quiet = 0
        while True:
            await asyncio.sleep(FAST_CADENCE)
            quiet += FAST_CADENCE
            if quiet >= CADENCE or self.has_gap[subchain] or not self.engine.emoji:
                quiet = 0
                await self.poll(subchain)

    async def poll(self, subchain):
        is_full = True
        while is_full:
            request = functions.phone.GetGroupCallChainBlocksRequest(self.call, subchain, self.next[subchain], PAGE)
            found = (await self.ask(request)).updates
            pages = [one for one in found if isinstance(one, types.UpdateGroupCallChainBlocks)]
            for page in pages:
                await self.items(page, polled=True)
            is_full = any(len(page.blocks) == PAGE for page in pages)

    async def speak(self):
        """Sends what the engine wants sent, each item by itself, since an answer may be long in coming."""
        while True:
            await self.engine.changed.wait()
            self.engine.changed.clear()
            for item in await self.engine.outbound():
                self.start(self.send(item))

    async def send(self, item):
        try:
            sent = await self.ask(functions.phone.SendConferenceCallBroadcastRequest(self.call, item))
        except BadRequestError:
            # The block is not the newest any more, or an earlier try got there.
            return
        for update in sent.updates:
            await self.take(update)

    async def remove(self, *users, left=False):
        """Removes users by a block: those who were kicked, or who have left."""
        block = await self.engine.without(*users)
        removed = await self.client(
            functions.phone.DeleteConferenceCallParticipantsRequest(
                self.call, ids=list(users), block=block, only_left=left or None, kick=not left or None
            )
        )
        for update in removed.updates:
            await self.take(update)

    async def say(self, text):
        message = {
            "_": "groupCallMessage",
            "random_id": str(secrets.randbelow(1 << 62) + 1),
            "message": {"_": "textWithEntities", "text": text, "entities": []},
        }
        packet = await self.engine.seal(json.dumps(message).encode())
        await self.client(functions.phone.SendGroupCallEncryptedMessageRequest(self.call, packet))

    async def heard(self):
        """The sender and the text of the newest message, once there is one."""
        sender, packet = (await until(lambda: self.messages, "no message came"))[-1]
        message = json.loads(await self.engine.open(sender, packet))
        return sender, message["message"]["text"]

    async def leave(self):
        # First, since to one who is outside the server shows less.
        await self.gone()
        # The first of two such requests may have been carried out.
        with contextlib.suppress(GroupcallJoinMissingError):
            await self.ask(functions.phone.LeaveGroupCallRequest(self.call, source=0))

    async def gone(self):
        self.client.remove_event_handler(self.take)
        for task in self.tasks:
            task.cancel()
        async with self.turn:
            self.is_gone = True
            await self.engine.close()


class Confcall:
    """`confcall join` or `confcall create` in a process of its own."""

    @classmethod
    async def start(cls, *arguments):
        self = cls()
        pipe = asyncio.subprocess.PIPE
        self.process = await asyncio.create_subprocess_exec(
            COMMAND, *arguments, "--json", stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, limit=1 << 24
        )
        self.events = []
        self.reader = asyncio.create_task(self.read())
        return self

    async def read(self):
        async for line in self.process.stdout:
            self.events.append(json.loads(line))

    def type(self, line):
        self.process.stdin.write(line.encode() + b"\n")

    def last(self, event):
        return next((one for one in reversed(self.events) if one["event"] == event), None)

    async def wait(self, event, condition=lambda one: True, after=0):
        """The first event of this name that came after so many others and has it."""

        def found():
            return next((one for one in self.events[after:] if one["event"] == event and condition(one)), None)

        try:
            return await until(found, f"confcall: no {event}")
        except TimeoutError:
            print(*self.events[-10:], sep="\n")
            raise

    async def end(self):
        """The exit status, which it has to come to by itself."""
        return await asyncio.wait_for(self.process.wait(), PATIENCE)

    async def leave(self):
        self.type("/leave")
        return await self.end()


async def our_member(command, session, *target):
    """A user of `confcall join` or `confcall create`."""
    return await Confcall.start(command, *target, "--session", session)


async def same_emoji(*members):
    """Everyone comes to the emoji of the newest block, and all are the same."""
    shown = []
    try:
        async with asyncio.timeout(PATIENCE):
            while None in shown or len(set(shown)) != 1:
                await asyncio.sleep(0.1)
                shown = [emoji(member) for member in members]
    except TimeoutError:
        raise AssertionError(f"not the same emoji: {shown}") from None


def emoji(member):
    """The four emoji that a member shows now, or none."""
    if isinstance(member, Member):
        member.check()
        shown = member.engine.emoji
    else:
        started, seen = member.last("epoch_started"), member.last("emoji")
        shown = seen and seen["height"] == started["height"] and seen["emoji"]
    return "".join(shown).replace(" ", "") if shown else None
