// Browsers behind networks that let no UDP through: by a TURN server over TCP, and by ICE-TCP.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, openWindow } from "./browser.js";
import { Parley } from "./parley.js";
import { heardWav, recordRemote } from "./recorder.js";

// Chromium itself sends no UDP then, as if a firewall stood before it.
const withoutUdp = ["--webrtc-ip-handling-policy=disable_non_proxied_udp"];

let parley;
before(async () => { parley = await Parley.start({}, { turn: true }); });
after(() => parley?.stop());

/** Sound goes out as it is recorded: an echo must not be cancelled where it is what is measured. And `window.peers`. */
function plainMicrophone() {
  const devices = navigator.mediaDevices;
  if (!devices) return; // about:blank has none
  const asked = devices.getUserMedia.bind(devices);
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  devices.getUserMedia = () => asked({ audio });
  const Native = window.RTCPeerConnection;
  window.peers = [];
  window.RTCPeerConnection = class extends Native {
    constructor(...options) {
      super(...options);
      window.peers.push(this);
    }
  };
}

function relayOnly() {
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(configuration) {
      super({ ...configuration, iceTransportPolicy: "relay" });
    }
  };
}

/** In the page: our UDP candidates never arrive, because Chromium does not keep to its policy in every start. */
function withoutUdpCandidates() {
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    const sdp = description.sdp.replace(/^a=candidate:\S+ \d+ udp .*\r\n/gim, "");
    return set.call(this, { type: description.type, sdp });
  };
}

/** The candidates in use: `{local, remote}` as getStats() has them. */
function pairInUse(page) {
  return page.evaluate(async () => {
    const stats = await window.peers.at(-1).getStats();
    const all = [...stats.values()];
    const transport = all.find((entry) => entry.type === "transport");
    const pair = stats.get(transport.selectedCandidatePairId);
    return { local: stats.get(pair.localCandidateId), remote: stats.get(pair.remoteCandidateId) };
  });
}

/** Calls the echo from the page and listens for `seconds`: how well the caller is heard there and back, and by which way. */
async function callEcho(init, work) {
  const microphone = await parley.speak(1, "The quick brown fox jumps over the lazy dog, again and again.", 30);
  const browser = await launch({ microphone, args: withoutUdp });
  try {
    const scripts = [recordRemote, plainMicrophone, ...init];
    const { page, faults } = await openWindow(browser, { init: scripts, permissions: ["microphone"] });
    await page.goto(`${parley.url}/?to=9196`);
    const answered = page.waitForResponse((response) => response.url().endsWith("/webrtc/offer"));
    await page.getByRole("button", { name: "Call", exact: true }).click();
    const id = (await (await answered).json()).call_id;
    await page.getByRole("button", { name: "Hang up" }).waitFor({ timeout: 30_000 });
    await page.waitForFunction(() => window.heard.length * 128 > 48_000 * 7, null, { timeout: 30_000 });
    const path = join(tmpdir(), `parley-heard-${id}.wav`);
    await writeFile(path, await heardWav(page));
    const correlation = await parley.follow(microphone, path);
    const pair = await pairInUse(page);
    console.log(`correlation ${correlation.toFixed(3)} by ${pair.local.candidateType} ${pair.local.protocol} ${pair.local.relayProtocol ?? ""}`);
    assert.ok(correlation > 0.65, "the caller hears themselves");
    await work({ page, pair, id });
    await page.getByRole("button", { name: "Hang up" }).click();
    assert.deepEqual(faults.all, []);
  } finally {
    await browser.close();
  }
}

test("a browser without UDP calls through a TURN server, with the credentials of its page", { timeout: 90_000 }, async () => {
  await callEcho([relayOnly], async ({ pair }) => {
    assert.equal(pair.local.candidateType, "relay");
    assert.equal(pair.local.relayProtocol, "tcp");
  });
});

test("the TURN server refuses credentials that are wrong or have ended", { timeout: 60_000 }, async () => {
  const browser = await launch({ args: withoutUdp });
  try {
    const { page } = await openWindow(browser, { permissions: ["microphone"] });
    await page.goto(parley.url);
    const { ice_servers: [given] } = await page.evaluate(async () => (await fetch("/api/v1/sessions")).json());
    const [expires] = given.username.split(":");
    assert.ok(Number(expires) > Date.now() / 1000 + 600, "longer than a call is set up");

    const ended = `${Math.floor(Date.now() / 1000) - 60}:${given.username.split(":")[1] ?? "caller"}`;
    const sign = (user) => createHmac("sha1", parley.turn.secret).update(user).digest("base64");
    assert.equal(given.credential, sign(given.username));
    const gather = (server) => page.evaluate(async (iceServer) => {
      const peer = new RTCPeerConnection({ iceServers: [iceServer], iceTransportPolicy: "relay" });
      const result = { relayed: 0, errors: [] };
      const done = new Promise((resolve) => {
        peer.onicecandidate = ({ candidate }) => (candidate?.candidate ? (result.relayed += 1) : resolve());
      });
      peer.onicecandidateerror = ({ errorCode }) => result.errors.push(errorCode);
      peer.addTransceiver("audio");
      await peer.setLocalDescription();
      await done;
      peer.close();
      return result;
    }, server);

    assert.ok((await gather(given)).relayed > 0);
    for (const [what, server] of [
      ["wrong", { ...given, credential: "AAAAAAAAAAAAAAAAAAAAAAAAAAA=" }],
      ["ended", { ...given, username: ended, credential: sign(ended) }],
    ]) {
      const result = await gather(server);
      assert.equal(result.relayed, 0, what);
      assert.ok(result.errors.includes(401), `${what}: ${result.errors}`);
    }
  } finally {
    await browser.close();
  }
});

test("a browser without UDP and without a TURN server calls by ICE-TCP", { timeout: 90_000 }, async () => {
  await callEcho([withoutUdpCandidates], async ({ pair, id }) => {
    assert.equal(pair.local.protocol, "tcp");
    assert.equal(pair.remote.tcpType ?? "passive", "passive");
    assert.equal((await parley.api(`/api/v1/calls/${id}`)).channel, "webrtc");
  });
});
