"""py-tgcalls with Telethon in calls of each kind: calls.py COMMAND ADDRESS, in the folder of a server.

Its connections by WebRTC take an interface of the network beside loopback, which libwebrtc passes over; nothing leaves the machine.
"""

import asyncio
import json
from importlib.metadata import version

from pytgcalls import PyTgCalls, filters
from pytgcalls.types import CallConfig, RecordStream, UpdatedEmojis
from telethon import events, types

from engines import end
from logins import OURS, SECOND, issued
from members import PATIENCE, our_member, until

# The built-in world of the server: a video chat, and a livestream that is fed by RTMP.
VIDEO_CHAT, STREAM = "walkers", "lighthouse"
NAME = f"py-tgcalls {version('py-tgcalls')}"


def seen(event):
    """The members of the newest event of the server with this name."""
    with open("events") as lines:
        told = [json.loads(line) for line in lines if line.endswith("\n")]
    return next((one["members"] for one in reversed(told) if one["event"] == event), [])


async def connects(play):
    """Waits until the media of a call are connected."""
    await asyncio.wait_for(play, PATIENCE)


async def stream(app, heard):
    """Hears a stream whose parts it fetches from the server."""
    await app.record(STREAM, RecordStream(audio=True))
    await until(lambda: len(heard) >= 100, "no frames")
    await app.leave_call(STREAM)
    await until(lambda: str(SECOND) not in seen("chat_members"), "it is still in")
    print(f"{NAME}: joined a livestream by RTMP, decoded its parts, left")


async def video_chat(app):
    play = asyncio.create_task(app.play(VIDEO_CHAT))
    await until(lambda: str(SECOND) in seen("chat_members"), "it did not join")
    await connects(play)
    await app.leave_call(VIDEO_CHAT)
    await until(lambda: str(SECOND) not in seen("chat_members"), "it is still in")
    print(f"{NAME}: joined a video chat, connected its media, left")


async def conferences(app, emoji):
    """Creates a conference; joins one of ours by an invitation, and comes to its emoji."""
    play = asyncio.create_task(app.play(OURS, config=CallConfig(conference=True)))
    await until(lambda: seen("members") == [str(SECOND)], "it created no conference")
    await connects(play)
    await app.leave_call(OURS)
    await until(lambda: seen("members") == [], "it is still in")

    ours = await our_member("create", "ours.session")
    await ours.wait("emoji")
    invited = asyncio.get_running_loop().create_future()

    async def look(update):
        if isinstance(update, types.UpdateNewMessage) and not invited.done():
            invited.set_result(update.message)

    app.mtproto_client.add_event_handler(look, events.Raw)
    ours.type(f"/invite {SECOND}")
    message = await asyncio.wait_for(invited, PATIENCE)
    play = asyncio.create_task(app.play(OURS, config=CallConfig(conference=message.id)))

    def same():
        shown = ours.last("emoji")
        return len(ours.last("members")["members"]) == 2 and emoji and "".join(shown["emoji"]) == emoji[-1].replace(" ", "")

    await until(same, "not the same emoji")
    await connects(play)
    await app.leave_call(OURS)
    await until(lambda: len(ours.last("members")["members"]) == 1, "it is still in")
    assert await ours.leave() == 0
    print(f"{NAME}: created a conference, joined one by an invitation, connected their media, the same emoji, left")


async def main():
    app = PyTgCalls(await issued("second"))
    await app.start()
    heard, emoji = [], []

    @app.on_update(filters.stream_frame())
    async def hear(_, update):
        heard.extend(update.frames)

    @app.on_update()
    async def look(_, update):
        if isinstance(update, UpdatedEmojis):
            emoji.append(update.emojis)

    await stream(app, heard)
    await video_chat(app)
    await conferences(app, emoji)


asyncio.run(main())
end()
