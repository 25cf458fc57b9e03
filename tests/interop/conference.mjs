// mtcute starts on a server, in whose folder this runs, with a session string and by a code, and creates a conference that
// `confcall join` enters: conference.mjs COMMAND ADDRESS.
import assert from "node:assert";
import { spawn } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { Long, MemoryStorage, TelegramClient } from "@mtcute/node";
import { addPublicKey, NodeCryptoProvider } from "@mtcute/node/utils.js";

const [command, address] = process.argv.slice(2);
const [host, port] = address.split(":");
const NUMBER = "9996610043";
const OURS = 11;
const PATIENCE = 60_000;
const version = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")).dependencies["@mtcute/node"];

async function until(condition, what) {
  const end = Date.now() + PATIENCE;
  while (Date.now() < end) {
    const found = await condition();
    if (found) return found;
    await pause(50);
  }
  assert.fail(what);
}

// A process of ours that writes a JSON object a line.
function start(...parts) {
  const child = spawn(command, parts, { stdio: ["pipe", "pipe", "ignore"] });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  return { lines: createInterface(child.stdout), type: (line) => child.stdin.write(`${line}\n`), ended };
}

const peer = start("peer");
const answers = peer.lines[Symbol.asyncIterator]();
async function answer(op, parts) {
  peer.type(JSON.stringify({ op, ...parts }));
  return JSON.parse((await answers.next()).value);
}
async function ask(op, parts) {
  const { ok, error } = await answer(op, parts);
  assert.ok(ok, `${op}: ${JSON.stringify(error)}`);
  return ok;
}
const bytes = (text) => Uint8Array.from(Buffer.from(text, "hex"));
const hex = (data) => Buffer.from(data).toString("hex");

function payload() {
  const fingerprint = Array(32).fill("AB").join(":");
  return JSON.stringify({
    ufrag: randomBytes(4).toString("hex"),
    pwd: randomBytes(16).toString("hex"),
    fingerprints: [{ hash: "sha-256", setup: "passive", fingerprint }],
    ssrc: randomInt(1, 2 ** 31),
    "ssrc-groups": [],
  });
}

// Creates a conference, in which `confcall join` comes to the same emoji, hears a message, is removed.
async function conference(client, name) {
  const user = await client.getMe();
  const seed = randomBytes(32).toString("hex");
  const { public_key } = await ask("key", { seed });
  const own = { user_id: user.id, public_key, flags: 3, version: 0 };
  const first = await ask("zero_block", { seed, group_state: { participants: [own], external_permissions: 3 } });
  const created = await client.call({
    _: "phone.createConferenceCall",
    randomId: randomInt(1, 2 ** 31),
    muted: true,
    videoStopped: true,
    join: true,
    publicKey: bytes(public_key),
    block: bytes(first.block),
    params: { _: "dataJSON", data: payload() },
  });
  const shown = created.updates.find((one) => one._ === "updateGroupCall").call;
  const call = { _: "inputGroupCall", id: shown.id, accessHash: shown.accessHash };

  const next = [0, 0];
  let state;
  async function follow() {
    for (const subChainId of [0, 1]) {
      const offset = next[subChainId];
      const found = await client.call({ _: "phone.getGroupCallChainBlocks", call, subChainId, offset, limit: 100 });
      for (const update of found.updates.filter((one) => one._ === "updateGroupCallChainBlocks")) {
        for (const block of update.blocks.map(hex)) {
          if (subChainId === 1) await answer("call_inbound", { call: "c", message: block });
          else if (state) state = await ask("call_apply", { call: "c", block });
          else state = await ask("call_create", { call: "c", user_id: user.id, seed, last_block: block });
        }
        if (update.blocks.length) next[subChainId] = update.nextOffset;
      }
    }
    for (const block of (await ask("call_outbound", { call: "c" })).messages) {
      // A block that came in between makes one of these too late.
      await client.call({ _: "phone.sendConferenceCallBroadcast", call, block: bytes(block) }).catch(() => {});
    }
    const { emoji_hash } = await ask("call_verification", { call: "c" });
    return emoji_hash && (await ask("emoji", { emoji_hash })).emoji.join();
  }

  const ours = start("join", shown.inviteLink, "--session", "ours.session", "--json");
  const events = [];
  ours.lines.on("line", (line) => events.push(JSON.parse(line)));
  const last = (event) => events.findLast((one) => one.event === event);
  await until(async () => {
    const emoji = await follow();
    return emoji && last("emoji")?.emoji.join() === emoji;
  }, "not the same emoji");

  const text = { _: "textWithEntities", text: "from Node", entities: [] };
  const message = JSON.stringify({ _: "groupCallMessage", random_id: String(randomInt(1, 2 ** 40)), message: text });
  const { packet } = await ask("call_encrypt", { call: "c", channel_id: 0, data: hex(Buffer.from(message)), prefix: 0 });
  await client.call({ _: "phone.sendGroupCallEncryptedMessage", call, encryptedMessage: bytes(packet) });
  await until(() => last("message")?.text === "from Node", "the message did not come");

  const participants = state.group_state.participants.filter((one) => one.user_id !== OURS);
  const removal = await ask("call_change_state", { call: "c", group_state: { ...state.group_state, participants } });
  await client.call({
    _: "phone.deleteConferenceCallParticipants",
    call,
    kick: true,
    ids: [Long.fromNumber(OURS)],
    block: bytes(removal.block),
  });
  assert.strictEqual(await ours.ended, 3);
  await ask("call_drop", { call: "c" });
  await client.call({ _: "phone.leaveGroupCall", call, source: 0 });
  console.log(`mtcute ${version}, ${name}: started, created a conference, the same emoji, a message, kicked`);
}

const options = { apiId: 1, apiHash: "0".repeat(32), testMode: true, updates: false };
const issued = new TelegramClient({ ...options, storage: new MemoryStorage() });
await issued.importSession(readFileSync("mtcute", "utf8"));
await issued.connect();
assert.strictEqual((await issued.getMe()).id, 3);
await conference(issued, "session string");
await issued.destroy();

const crypto = new NodeCryptoProvider();
await crypto.initialize();
// Without the lines for other clients that stand below the key.
const [key] = readFileSync("server.pem", "utf8").match(/-----BEGIN[^]*?-----END RSA PUBLIC KEY-----/);
addPublicKey(crypto, key);
const main = { id: 1, ipAddress: host, port: Number(port), testMode: true };
const coming = new TelegramClient({ ...options, crypto, storage: new MemoryStorage(), defaultDcs: { main, media: main } });
await coming.connect();
const { phoneCodeHash } = await coming.sendCode({ phone: NUMBER });
const phoneCode = readFileSync("codes", "utf8").split("\n").find((line) => line.startsWith(NUMBER)).split(" ")[1];
const user = await coming.signIn({ phone: NUMBER, phoneCodeHash, phoneCode });
assert.strictEqual(user.id, Number(NUMBER));
await conference(coming, "in by a code");
await coming.logOut();
await coming.destroy();
peer.lines.close();
process.exit(0);
