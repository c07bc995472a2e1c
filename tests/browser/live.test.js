// Calls as people make them: a browser with a microphone, the page's button, and Parley at the other end.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, openWindow } from "./browser.js";
import { LossyRelay } from "./lossyRelay.js";
import { Parley } from "./parley.js";
import { heardWav, recordRemote } from "./recorder.js";

let parley;
before(async () => { parley = await Parley.start(); });
after(() => parley?.stop());

/** Waits for something to be so; asks five times a second. */
async function until(what, holds, seconds = 20) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await holds();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

class Caller {
  static async at(url, microphone, { setUp = async () => undefined } = {}) {
    const caller = new Caller();
    caller.browser = await launch({ microphone });
    Object.assign(caller, await openWindow(caller.browser, { init: [recordRemote], permissions: ["microphone"], bypassCSP: true }));
    await setUp(caller.page);
    await caller.page.goto(url);
    return caller;
  }

  /** Presses the button; the call's id once somebody is there. */
  async call() {
    const answered = this.page.waitForResponse((response) => response.url().endsWith("/webrtc/offer"));
    await this.page.getByRole("button", { name: "Call", exact: true }).click();
    const answer = await answered;
    assert.equal(answer.status(), 200, await answer.text());
    this.id = (await answer.json()).call_id;
    await this.page.getByRole("button", { name: "Hang up" }).waitFor({ timeout: 30_000 });
    return this.id;
  }

  detail() {
    return parley.api(`/api/v1/calls/${this.id}`);
  }

  async said(speaker) {
    return ((await this.detail()).transcript ?? []).filter((turn) => turn.speaker === speaker).map((turn) => turn.text);
  }

  event(type) {
    return until(`event ${type}`, async () => (await this.detail()).events.find((event) => event.type === type));
  }

  ended() {
    return until("the call has ended", async () => {
      const detail = await this.detail();
      return detail.state === "ended" ? detail : null;
    }, 45);
  }

  async close() {
    await this.browser.close();
    assert.deepEqual(this.faults.all, []);
  }
}

async function withCaller(microphone, work, options) {
  const caller = await Caller.at(parley.url, microphone, options);
  try {
    await work(caller);
  } finally {
    await caller.close();
  }
}

test("the caller is greeted, asks, is answered, presses keys, mutes, and hangs up", { timeout: 120_000 }, async () => {
  // A person who is not understood says it again.
  const microphone = await parley.speak(7, "Please tell me what time is it.", 9, "What time is it, please?", 60);
  await withCaller(microphone, async (caller) => {
    await caller.call();
    const { page } = caller;
    await page.getByText("Hello, this is Parley.").waitFor();
    await until("the time is told", async () => (await caller.said("assistant")).some((turn) => /\d/.test(turn)), 45);
    assert.ok((await caller.detail()).events.some((event) => event.type === "tool.finished"));
    assert.match((await caller.said("caller")).join(" ").toLowerCase(), /time/);
    await page.getByRole("log").getByText(/time/i).first().waitFor();

    await page.getByRole("button", { name: "Keypad" }).click();
    await page.getByRole("button", { name: "2 ABC" }).click();
    assert.equal((await caller.event("dtmf")).data.digit, "2");
    await page.getByRole("button", { name: "Keypad" }).click();
    await page.getByRole("button", { name: "Mute" }).click();
    await page.locator(".status-muted").waitFor();

    const heard = await heardWav(page);
    const path = join(tmpdir(), `parley-heard-${caller.id}.wav`);
    await writeFile(path, heard);
    const words = (await parley.recognise(path)).toLowerCase();
    console.log(`heard: ${words}`);
    assert.match(words, /hello|this is|help you/);

    await page.getByRole("button", { name: "Hang up" }).click();
    const detail = await caller.ended();
    assert.equal(detail.end_cause, "caller_hangup");
    assert.equal(detail.channel, "webrtc");
    const sent = detail.events.find((event) => event.type === "call.answered");
    console.log(`answered ${Date.parse(sent.at) - Date.parse(detail.started_at)} ms after the offer`);
  });
});

test("who interrupts the assistant is heard, and what was not said is marked", { timeout: 90_000 }, async () => {
  const microphone = await parley.speak(9, "Stop please. What time is it?", 60);
  await withCaller(microphone, async (caller) => {
    await caller.call();
    await caller.event("assistant.speech_stopped");
    const long = "This is a very long sentence that goes on and on about nothing. ".repeat(6);
    await parley.api(`/api/v1/calls/${caller.id}/say`, "POST", { text: long });
    const cut = await until("it was interrupted", async () =>
      (await caller.detail()).transcript.find((turn) => turn.speaker === "assistant" && turn.interrupted));
    assert.ok(cut.heard_text.length < long.length * 0.8, cut.heard_text);
    await caller.page.locator("[data-interrupted]").first().waitFor();
  });
});

test("a page that is loaded again is in the same call", { timeout: 90_000 }, async () => {
  const microphone = await parley.speak(60);
  await withCaller(microphone, async (caller) => {
    const id = await caller.call();
    const calls = (await parley.api("/api/v1/calls")).calls.length;
    await caller.event("assistant.speech_stopped");
    const again = caller.page.waitForResponse((response) => response.url().endsWith("/webrtc/offer"));
    await caller.page.reload();
    assert.equal((await (await again).json()).call_id, id);
    await caller.page.getByRole("button", { name: "Hang up" }).waitFor();
    await caller.page.getByText("Hello, this is Parley.").waitFor();
    await parley.api(`/api/v1/calls/${id}/say`, "POST", { text: "Welcome back to the conversation." });
    await until("sound comes through the new connection", () =>
      caller.page.evaluate(() => window.heard.some((block) => block.some((sample) => Math.abs(sample) > 0.02))));
    await caller.page.getByRole("button", { name: "Hang up" }).click();
    assert.equal((await caller.ended()).end_cause, "caller_hangup");
    assert.equal((await parley.api("/api/v1/calls")).calls.length, calls);
  });
});

test("two callers at once each have their own conversation", { timeout: 120_000 }, async () => {
  const first = await Caller.at(parley.url, await parley.speak(6, "What time is it?", 60));
  const second = await Caller.at(parley.url, await parley.speak(6, "What can you do?", 60));
  try {
    await first.call();
    await second.call();
    assert.notEqual(first.id, second.id);
    for (const caller of [first, second]) {
      await until("an answer", async () => (await caller.said("assistant")).length >= 2, 30);
    }
    console.log(await first.said("caller"), await second.said("caller"));
    assert.match((await first.said("caller")).join(" ").toLowerCase(), /time/);
    assert.doesNotMatch((await second.said("caller")).join(" ").toLowerCase(), /time/);
  } finally {
    await first.close();
    await second.close();
  }
});

test("a network that is gone for ten seconds does not end the call", { timeout: 120_000 }, async () => {
  const relay = await new LossyRelay({ seed: 4 }).start();
  try {
    await withCaller(await parley.speak(90), async (caller) => {
      const id = await caller.call();
      await caller.event("assistant.speech_stopped");
      relay.cut = true;
      await new Promise((resolve) => setTimeout(resolve, 10_000));
      relay.cut = false;
      await caller.page.evaluate(() => { window.heard.length = 0; });
      await parley.api(`/api/v1/calls/${id}/say`, "POST", { text: "Can you hear me again? I can speak for quite a while now, so that you notice." });
      await until("sound comes again", () =>
        caller.page.evaluate(() => window.heard.some((block) => block.some((sample) => Math.abs(sample) > 0.02))), 25);
      assert.equal((await caller.detail()).state, "with_assistant");
    }, { setUp: (page) => relay.bend(page) });
  } finally {
    relay.stop();
  }
});

test("five percent of loss, jitter and an outage leave the call up and the words understood", { timeout: 120_000 }, async () => {
  const relay = await new LossyRelay({ loss: 0.05, repeat: 0.01, delay: 10, jitter: 80, seed: 5 }).start();
  try {
    const microphone = await parley.speak(6, "Please tell me what time is it.", 6, "Please tell me what time is it.", 60);
    await withCaller(microphone, async (caller) => {
      await caller.call();
      await until("words are understood", async () => /time/i.test((await caller.said("caller")).join(" ")), 45);
      relay.cut = true;
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      relay.cut = false;
      const turns = await until("more is understood afterwards", async () => {
        const said = await caller.said("caller");
        return said.length >= 1 && said;
      }, 30);
      console.log(`understood: ${JSON.stringify(turns)}; ${relay.lost} of ${relay.seen} datagrams lost`);
      assert.match(turns.join(" ").toLowerCase(), /time/);
      await caller.page.getByRole("button", { name: "Hang up" }).click();
      const detail = await caller.ended();
      assert.equal(detail.end_cause, "caller_hangup");
    }, { setUp: (page) => relay.bend(page) });
  } finally {
    relay.stop();
  }
});
