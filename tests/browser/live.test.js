// Calls as people make them: a browser with a microphone, the page's button, and Parley at the other end.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Caller, withCaller } from "./caller.js";
import { LossyRelay } from "./lossyRelay.js";
import { Parley } from "./parley.js";

let parley;
before(async () => { parley = await Parley.start(); });
after(() => parley?.stop());

const timeout = 300_000;
const tells_time = (caller) => async () => (await caller.said("assistant")).slice(1).some((turn) => /\d/.test(turn));
const understood = (caller, words) => async () => words.test((await caller.said("caller")).join(" "));

test("the caller is greeted, asks, is answered, presses keys, mutes, and hangs up", { timeout }, async () => {
  // Chromium's own device plays the file from the call's beginning. A person who is not understood says it again.
  const microphone = await parley.speak(9, "Please tell me what time is it.", 11, "What time is it, please?", 11, "What time is it?", 120);
  await withCaller(parley, async (caller) => {
    await caller.call();
    const { page } = caller;
    await page.getByText("Hello, this is Parley.").waitFor();
    await caller.until("the time is told", tells_time(caller), 120);
    assert.ok((await caller.detail()).events.some((event) => event.type === "tool.finished"));
    assert.match((await caller.said("caller")).join(" ").toLowerCase(), /time/);
    await page.getByRole("log").getByText(/time/i).first().waitFor();

    await page.getByRole("button", { name: "Keypad" }).click();
    await page.getByRole("button", { name: "2 ABC" }).click();
    assert.equal((await caller.event("dtmf")).data.digit, "2");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "2 ABC" }).waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Mute" }).click();
    await page.locator(".status-muted").waitFor();

    const words = await caller.heardWords();
    console.log(`heard: ${words}`);
    assert.match(words, /hello|this is|help you/);

    const detail = await caller.hangUp();
    assert.equal(detail.end_cause, "caller_hangup");
    assert.equal(detail.channel, "webrtc");
    const sent = detail.events.find((event) => event.type === "call.answered");
    console.log(`answered ${Date.parse(sent.at) - Date.parse(detail.started_at)} ms after the offer`);
  }, { microphone });
});

test("who interrupts the assistant is heard, and what was not said is marked", { timeout }, async () => {
  await withCaller(parley, async (caller) => {
    await caller.callAndListen();
    const long = "This is a very long sentence that goes on and on about nothing. ".repeat(12);
    const before = (await caller.detail()).events.length;
    await parley.api(`/api/v1/calls/${caller.id}/say`, "POST", { text: long });
    await caller.until("it speaks", async () => (await caller.detail()).events.slice(before).some((event) => event.type === "assistant.speech_started"));
    const cut = await caller.ask("Stop please. What time is it?", "it was interrupted", async () =>
      (await caller.detail()).transcript.find((turn) => turn.speaker === "assistant" && turn.interrupted), 1);
    assert.ok(cut.heard_text.length < long.length * 0.8, cut.heard_text);
    await caller.page.locator("[data-interrupted]").first().waitFor();
  });
});

test("a page that is loaded again is in the same call", { timeout }, async () => {
  await withCaller(parley, async (caller) => {
    const id = await caller.callAndListen();
    const calls = (await parley.api("/api/v1/calls")).calls.length;
    const again = caller.page.waitForResponse((response) => response.url().endsWith("/webrtc/offer"));
    await caller.page.reload();
    assert.equal((await (await again).json()).call_id, id);
    await caller.page.getByRole("button", { name: "Hang up" }).waitFor();
    await caller.page.getByText("Hello, this is Parley.").waitFor();
    const heard = await caller.hears("sound comes through the new connection");
    await parley.api(`/api/v1/calls/${id}/say`, "POST", { text: "Welcome back to the conversation." });
    await heard();
    assert.equal((await caller.hangUp()).end_cause, "caller_hangup");
    assert.equal((await parley.api("/api/v1/calls")).calls.length, calls);
  });
});

test("two callers at once each have their own conversation", { timeout }, async () => {
  const [first, second] = await Promise.all([Caller.at(parley), Caller.at(parley)]);
  try {
    await Promise.all([first.callAndListen(), second.callAndListen()]);
    assert.notEqual(first.id, second.id);
    await Promise.all([
      first.ask("What time is it?", "the first is understood", understood(first, /time/i)),
      second.ask("What can you do?", "the second is understood", understood(second, /what|can|do/i)),
    ]);
    for (const caller of [first, second]) await caller.until("an answer", async () => (await caller.said("assistant")).length >= 2);
    assert.doesNotMatch((await second.said("caller")).join(" "), /time/i);
    first.unharmed();
    second.unharmed();
  } finally {
    await first.close();
    await second.close();
  }
});

test("a network that is gone for ten seconds does not end the call", { timeout }, async () => {
  const relay = await new LossyRelay({ seed: 4 }).start();
  try {
    await withCaller(parley, async (caller) => {
      const id = await caller.callAndListen();
      relay.cut = true;
      await new Promise((resolve) => setTimeout(resolve, 10_000));
      relay.cut = false;
      const heard = await caller.hears("sound comes again");
      await parley.api(`/api/v1/calls/${id}/say`, "POST", { text: "Can you hear me again? I can speak for quite a while now, so that you notice." });
      await heard();
      assert.equal((await caller.detail()).state, "with_assistant");
    }, { setUp: (page) => relay.bend(page) });
  } finally {
    relay.stop();
  }
});

test("five percent of loss, jitter and an outage leave the call up and the words understood", { timeout }, async () => {
  const relay = await new LossyRelay({ loss: 0.05, repeat: 0.01, delay: 10, jitter: 80, seed: 5 }).start();
  try {
    await withCaller(parley, async (caller) => {
      await caller.callAndListen();
      await caller.ask("Please tell me what time is it.", "words are understood", understood(caller, /time/i));
      relay.cut = true;
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      relay.cut = false;
      await caller.ask("What day is it today?", "more is understood afterwards", understood(caller, /day/i));
      console.log(`understood: ${JSON.stringify(await caller.said("caller"))}; ${relay.lost} of ${relay.seen} datagrams lost`);
      assert.equal((await caller.hangUp()).end_cause, "caller_hangup");
    }, { setUp: (page) => relay.bend(page) });
  } finally {
    relay.stop();
  }
});
