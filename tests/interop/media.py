"""Sound of ntgcalls through the SFU: media.py COMMAND ADDRESS, in the folder of a server.

Members with the end-to-end engine of ntgcalls speak and listen in a conference, in which `confcall join` removes who left and kicks.
libwebrtc passes over loopback, so an interface of the network beside it has to be up; `run` makes a network of that alone.
"""

import array
import asyncio
import itertools
import math
import operator
import time
from importlib.metadata import version

import ntgcalls
from ntgcalls import AudioDescription, ConnectionState, MediaDescription, MediaSource, StreamMode
from telethon import functions, types

from engines import Ntgcalls, end
from logins import FIRST, SECOND, issued
from members import Member, by_link, our_member, same_emoji, until

# The user whose session is for a client of Telethon, and who comes and goes.
THIRD = 1
RATE = 48_000
# The frames that ntgcalls gives, of one channel.
FRAME = RATE // 100
TONES = {FIRST: 440, SECOND: 880}
LOUDNESS = 12_000
# The whole script, in seconds; the files of the tones are longer.
LIMIT, LENGTH = 60, 90
# How long each part of the call is listened to, and what sound may take from one end to the other and out of the buffers there.
LISTENING, SETTLING = 2, 1
# A silence that no load of the machine explains.
BREAK = 2
# What counts as now.
LATELY = 0.2
# The part of a frame's power that makes it one of a tone, and the least loudness of that.
PURITY, AUDIBLE = 0.8, LOUDNESS / 10


def wave(frequency, length, shape=math.sin):
    return [shape(2 * math.pi * frequency * at / RATE) for at in range(length)]


WAVES = {user: (wave(tone, FRAME), wave(tone, FRAME, math.cos)) for user, tone in TONES.items()}


def tone_file(user):
    """A file with the tone of a user, in raw samples of 16 bits."""
    second = array.array("h", (round(LOUDNESS * sample) for sample in wave(TONES[user], RATE)))
    path = f"tone of {user}"
    with open(path, "wb") as file:
        for _ in range(LENGTH):
            second.tofile(file)
    return path


def speaker_of(data):
    """The user whose tone a frame has, or none."""
    samples = array.array("h", data)
    power = sum(map(operator.mul, samples, samples)) / len(samples)
    for user, waves in WAVES.items():
        # Half the square of the loudness is the power of a tone.
        parts = [2 * sum(map(operator.mul, samples, one)) / len(samples) for one in waves]
        tone = sum(part * part for part in parts) / 2
        if tone > AUDIBLE**2 / 2 and tone > PURITY * power:
            return user
    return None


class Speaker(Ntgcalls):
    """A user of ntgcalls whose media are connected, with a tone for a microphone."""

    def __init__(self, user_id):
        is_first = Ntgcalls.library is None
        super().__init__(user_id)
        if is_first:
            self.library.on_frames(lambda call, mode, device, frames: self.told(call, "frames", (time.monotonic(), frames)))
            self.library.on_request_participants(lambda call, request: self.told(call, "sources", request.ssrcs))
            self.library.on_connection_change(lambda call, change: self.told(call, "connection", change.state))
        self.frames, self.sources, self.connection = [], set(), None

    def take(self, what, value):
        match what:
            case "frames":
                at, frames = value
                self.frames.extend((at, bytes(frame.data)) for frame in frames)
            case "sources":
                self.sources.update(value)
            case "connection":
                self.connection = value
            case _:
                super().take(what, value)

    async def connect(self, parameters):
        tone = TONES.get(self.user_id)
        file = tone and AudioDescription(MediaSource.FILE, RATE, 1, tone_file(self.user_id), False)
        # What the others say is named by the device that it comes from.
        frames = AudioDescription(MediaSource.EXTERNAL, RATE, 1, "", False)
        for mode, microphone in ((StreamMode.CAPTURE, file), (StreamMode.PLAYBACK, frames)):
            await self.library.set_stream_sources(self.call, mode, MediaDescription(microphone, None, None, None))
        await self.library.connect(self.call, parameters, False)
        await until(lambda: self.connection == ConnectionState.CONNECTED, "its media do not connect")
        # Before, it is forgotten.
        await self.library.mute(self.call)

    def heard(self, user, since):
        """The moments from one on at which the tone of a user was heard."""
        return [at for at, data in self.frames if at >= since and speaker_of(data) == user]


class MediaMember(Member):
    """A member whose sound goes through the server."""

    def __init__(self, client, user):
        super().__init__(client, Speaker(user))

    async def entered(self, answer):
        await super().entered(answer)
        [connection] = [one for one in answer.updates if isinstance(one, types.UpdateGroupCallConnection)]
        self.start(self.name_sources())
        await self.engine.connect(connection.params.data)

    async def name_sources(self):
        """Says whose the sources are that it asks for, as soon as the roster has them."""
        named = set()
        while True:
            await asyncio.sleep(0.05)
            # The roster has them with a sign.
            users = {one.source & 0xFFFFFFFF: user for user, one in self.roster.items()}
            known = {source for source in self.engine.sources if source in users} - named
            if known:
                named |= known
                mappings = [ntgcalls.SsrcMapping(users[source], source) for source in known]
                await self.engine.library.update_audio_ssrc_mappings(self.engine.call, mappings)

    async def mute(self, muted):
        request = functions.phone.EditGroupCallParticipantRequest(self.call, types.InputPeerSelf(), muted=muted)
        for update in (await self.ask(request)).updates:
            await self.take(update)
        library = self.engine.library
        await (library.mute if muted else library.unmute)(self.engine.call)


async def hears(listener, user):
    """A member comes to hear the tone of a user, and goes on to."""

    def is_heard():
        listener.check()
        return listener.engine.heard(user, time.monotonic() - LATELY)

    await until(is_heard, f"the tone of {user} is not heard")
    since = time.monotonic()
    await asyncio.sleep(LISTENING)
    gap(listener, user, since)


def gap(listener, user, since):
    """The longest time from a moment until now without the tone of a user, in seconds."""
    # To look through the frames takes a while by itself.
    till = time.monotonic()
    moments = [since, *listener.engine.heard(user, since), till]
    longest = max(later - earlier for earlier, later in itertools.pairwise(moments))
    assert longest < BREAK, f"{longest:.2f} s without the tone of {user}"
    return longest


async def hears_nothing(listener):
    """A member hears no tone any more."""
    await asyncio.sleep(SETTLING)
    since = time.monotonic()
    await asyncio.sleep(LISTENING)
    heard = {user: len(listener.engine.heard(user, since)) for user in TONES}
    assert not any(heard.values()), f"frames of the tones of users: {heard}"


async def out(ours, user, before):
    """A block has removed a user, after so many events of ours."""
    await ours.wait("members", lambda one: str(user) not in one["members"], before)


async def both_ways(first, second):
    """One speaks, is muted and speaks again, and the other one in between."""
    await first.mute(False)
    await hears(second, FIRST)
    await first.mute(True)
    await hears_nothing(second)
    await second.mute(False)
    await hears(first, SECOND)
    await second.mute(True)
    await hears_nothing(first)
    await first.mute(False)
    await hears(second, FIRST)


async def main():
    clients = [await issued(file) for file in ("first", "second", "telethon")]
    first, second, third = [MediaMember(client, user) for client, user in zip(clients, (FIRST, SECOND, THIRD))]
    await first.create()
    link = by_link(first.link)
    await second.join(link)
    ours = await our_member("join", "ours.session", first.link)
    await same_emoji(first, second, ours)
    await both_ways(first, second)

    # The keys change with each who comes and goes, while the first one speaks.
    start, before = time.monotonic(), len(ours.events)
    await third.join(link)
    await same_emoji(first, second, third, ours)
    await hears(third, FIRST)
    await third.leave()
    await out(ours, THIRD, before)
    await same_emoji(first, second, ours)
    await hears(second, FIRST)
    longest = gap(second, FIRST, start)

    third = MediaMember(clients[2], THIRD)
    await third.join(link)
    await hears(third, FIRST)
    before = len(ours.events)
    ours.type(f"/kick {SECOND}")
    await out(ours, SECOND, before)
    await hears_nothing(second)
    await hears(third, FIRST)
    await second.gone()
    for member in (third, first):
        await member.leave()
    assert await ours.leave() == 0
    for client in clients:
        await client.disconnect()
    print(
        f"ntgcalls {version('ntgcalls')}: a tone each way through the SFU, muted and unmuted, one joined and left meanwhile"
        f" (longest gap {longest * 1000:.0f} ms), one was kicked and heard no more"
    )


asyncio.run(asyncio.wait_for(main(), LIMIT))
end()
