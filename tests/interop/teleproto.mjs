// teleproto, which speaks layer 214, starts on a server, in whose folder this runs, with a session string and by a code, and creates a
// conference that `confcall join` enters: teleproto.mjs COMMAND ADDRESS.
import assert from "node:assert";
import { createHash, createPublicKey, randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { Api, TelegramClient } from "teleproto";
import { _serverKeys as serverKeys } from "teleproto/crypto/RSA.js";
import { LogLevel, Logger } from "teleproto/extensions/Logger.js";
import { readBigIntFromBuffer } from "teleproto/Helpers.js";
import { ConnectionTCPFull } from "teleproto/network/connection/TCPFull.js";
import { StringSession } from "teleproto/sessions/index.js";
import { LAYER } from "teleproto/tl/AllTLObjects.js";
import lines from "teleproto/tl/apiTl.js";
import { Creator, OURS, code, constructor, host, join, payload, port, serverKey, until, versions, written } from "./processes.mjs";

const NUMBER = "9996610043";
const version = versions.teleproto;

// What the server writes in its layer is what its schema has.
function schema() {
  assert.strictEqual(LAYER, 214);
  const theirs = lines.split("\n");
  for (const ours of written(LAYER)) {
    const line = theirs.find((one) => one.startsWith(`${ours.name}#`));
    assert.deepStrictEqual(constructor(line), ours);
  }
}

// The client itself goes to port 80, whatever its session or the configuration says.
class Connection extends ConnectionTCPFull {
  constructor(options) {
    super({ ...options, port });
  }
}

async function connect(session) {
  const options = { connection: Connection, testServers: true, baseLogger: new Logger(LogLevel.NONE) };
  const client = new TelegramClient(session, 1, "0".repeat(32), options);
  await client.connect();
  return client;
}

// A string or bytes of TL.
function bytes(content) {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(content.length * 256 + 254);
  const whole = Buffer.concat([length, content]);
  return Buffer.concat([whole, Buffer.alloc(-whole.length & 3)]);
}

// Takes the key of the server for one that it knows.
function know(pem) {
  const jwk = createPublicKey(pem).export({ format: "jwk" });
  const [n, e] = [jwk.n, jwk.e].map((part) => Buffer.from(part, "base64url"));
  const short = Buffer.concat([Buffer.from([e.length]), e]);
  const fingerprint = createHash("sha1").update(Buffer.concat([bytes(n), short])).digest().subarray(-8);
  serverKeys.set(readBigIntFromBuffer(fingerprint, true, true).toString(), {
    n: readBigIntFromBuffer(n, false),
    e: readBigIntFromBuffer(e, false).toJSNumber(),
  });
}

// Creates a conference, in which `confcall join` comes to the same emoji, is in the roster, is removed.
async function conference(client, name) {
  const user = await client.getMe();
  const rosters = [];
  client.addEventHandler((update) => {
    if (update instanceof Api.UpdateGroupCallParticipants) rosters.push(update);
  });
  await client.getDialogs();
  const creator = new Creator(Number(user.id));
  const { key, block } = await creator.begin();
  const created = await client.invoke(
    new Api.phone.CreateConferenceCall({
      randomId: randomInt(1, 2 ** 31),
      muted: true,
      videoStopped: true,
      join: true,
      publicKey: readBigIntFromBuffer(key),
      block,
      params: new Api.DataJSON({ data: payload() }),
    }),
  );
  const shown = created.updates.find((one) => one instanceof Api.UpdateGroupCall).call;
  assert.ok(shown.conference && shown.creator && shown.inviteLink);
  const call = new Api.InputGroupCall({ id: shown.id, accessHash: shown.accessHash });

  async function read(subChainId, offset) {
    const found = await client.invoke(new Api.phone.GetGroupCallChainBlocks({ call, subChainId, offset, limit: 100 }));
    const updates = found.updates.filter((one) => one instanceof Api.UpdateGroupCallChainBlocks);
    return { blocks: updates.flatMap((one) => one.blocks), next: updates.at(-1)?.nextOffset };
  }
  const send = (block) => client.invoke(new Api.phone.SendConferenceCallBroadcast({ call, block }));

  const ours = join(shown.inviteLink);
  await creator.sameEmoji(ours, read, send);
  const isOurs = (one) => Number(one.peer.userId) === OURS;
  await until(() => rosters.some((one) => one.participants.some(isOurs)), "no update of the roster");
  const page = await client.invoke(new Api.phone.GetGroupParticipants({ call, ids: [], sources: [], offset: "", limit: 10 }));
  assert.deepStrictEqual(page.participants.map((one) => Number(one.peer.userId)).sort(), [OURS, Number(user.id)].sort());
  const found = await client.invoke(new Api.phone.GetGroupCall({ call, limit: 10 }));
  assert.strictEqual(found.call.participantsCount, 2);
  await client.invoke(new Api.phone.ToggleGroupCallSettings({ call, resetInviteHash: true }));

  await client.invoke(
    new Api.phone.DeleteConferenceCallParticipants({ call, kick: true, ids: [OURS], block: await creator.removal(OURS) }),
  );
  assert.strictEqual(await ours.ended, 3);
  await creator.end();
  await client.invoke(new Api.phone.LeaveGroupCall({ call, source: 0 }));
  console.log(`teleproto ${version}, ${name}: started, created a conference, the same emoji, the roster, a new link, kicked`);
}

schema();
const issued = await connect(new StringSession(readFileSync("telethon", "utf8").trim()));
assert.strictEqual(Number((await issued.getMe()).id), 1);
await conference(issued, "session string");
await issued.destroy();

know(serverKey);
const session = new StringSession("");
// Its string has room for ports below 32768, of which this is any.
session.setDC(1, host, 443);
const coming = await connect(session);
const application = { apiId: 1, apiHash: "0".repeat(32) };
const settings = new Api.CodeSettings({});
const { phoneCodeHash } = await coming.invoke(new Api.auth.SendCode({ phoneNumber: NUMBER, ...application, settings }));
const { user } = await coming.invoke(new Api.auth.SignIn({ phoneNumber: NUMBER, phoneCodeHash, phoneCode: code(NUMBER) }));
assert.strictEqual(String(user.id), NUMBER);
await conference(coming, "in by a code");
await coming.invoke(new Api.auth.LogOut());
process.exit(0);
