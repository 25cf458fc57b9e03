// mtcute starts on a server, in whose folder this runs, with a session string and by a code, and creates a conference that
// `confcall join` enters: conference.mjs COMMAND ADDRESS.
import assert from "node:assert";
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { Long, MemoryStorage, TelegramClient } from "@mtcute/node";
import { addPublicKey, NodeCryptoProvider } from "@mtcute/node/utils.js";
import { Creator, OURS, code, host, join, payload, port, serverKey, until, versions, written } from "./processes.mjs";

const NUMBER = "9996610043";
const version = versions["@mtcute/node"];

// What the server writes in its layer is what its schema has, where a long can be an int53.
function schema() {
  const file = new URL("node_modules/@mtcute/core/tl/api-schema.json", import.meta.url);
  const { l: layer, e: entries } = JSON.parse(readFileSync(file, "utf8"));
  assert.strictEqual(layer, 227);
  for (const { name, id, fields } of written(layer).filter(({ type }) => type !== "Bool")) {
    const theirs = entries.find((one) => one.name === name);
    const parts = theirs.arguments.map(({ name, type, typeModifiers: { isVector, predicate } = {} }) => {
      const plain = type.replace("int53", "long");
      return `${name}:${predicate ? `${predicate}?` : ""}${isVector ? `Vector<${plain}>` : plain}`;
    });
    assert.deepStrictEqual([theirs.id, parts.join(" ")], [id, fields], name);
  }
}

// Creates a conference, in which `confcall join` comes to the same emoji, hears a message, is removed.
async function conference(client, name) {
  const user = await client.getMe();
  const creator = new Creator(user.id);
  const { key, block } = await creator.begin();
  const created = await client.call({
    _: "phone.createConferenceCall",
    randomId: randomInt(1, 2 ** 31),
    muted: true,
    videoStopped: true,
    join: true,
    publicKey: key,
    block,
    params: { _: "dataJSON", data: payload() },
  });
  const shown = created.updates.find((one) => one._ === "updateGroupCall").call;
  const call = { _: "inputGroupCall", id: shown.id, accessHash: shown.accessHash };

  async function read(subChainId, offset) {
    const found = await client.call({ _: "phone.getGroupCallChainBlocks", call, subChainId, offset, limit: 100 });
    const updates = found.updates.filter((one) => one._ === "updateGroupCallChainBlocks");
    return { blocks: updates.flatMap((one) => one.blocks), next: updates.at(-1)?.nextOffset };
  }
  const send = (block) => client.call({ _: "phone.sendConferenceCallBroadcast", call, block });

  const ours = join(shown.inviteLink);
  await creator.sameEmoji(ours, read, send);

  const encryptedMessage = await creator.message("from Node");
  await client.call({ _: "phone.sendGroupCallEncryptedMessage", call, encryptedMessage });
  await until(() => ours.last("message")?.text === "from Node", "the message did not come");

  await client.call({
    _: "phone.deleteConferenceCallParticipants",
    call,
    kick: true,
    ids: [Long.fromNumber(OURS)],
    block: await creator.removal(OURS),
  });
  assert.strictEqual(await ours.ended, 3);
  await creator.end();
  await client.call({ _: "phone.leaveGroupCall", call, source: 0 });
  console.log(`mtcute ${version}, ${name}: started, created a conference, the same emoji, a message, kicked`);
}

schema();
const options = { apiId: 1, apiHash: "0".repeat(32), testMode: true, updates: false };
const issued = new TelegramClient({ ...options, storage: new MemoryStorage() });
await issued.importSession(readFileSync("mtcute", "utf8"));
await issued.connect();
assert.strictEqual((await issued.getMe()).id, 3);
await conference(issued, "session string");
await issued.destroy();

const crypto = new NodeCryptoProvider();
await crypto.initialize();
addPublicKey(crypto, serverKey);
const main = { id: 1, ipAddress: host, port, testMode: true };
const coming = new TelegramClient({ ...options, crypto, storage: new MemoryStorage(), defaultDcs: { main, media: main } });
await coming.connect();
const { phoneCodeHash } = await coming.sendCode({ phone: NUMBER });
const phoneCode = code(NUMBER);
const user = await coming.signIn({ phone: NUMBER, phoneCodeHash, phoneCode });
assert.strictEqual(user.id, Number(NUMBER));
await conference(coming, "in by a code");
await coming.logOut();
await coming.destroy();
process.exit(0);
