// A person who calls: a browser, its page, and what the page is told while it talks to Parley.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch, openWindow } from "./browser.js";
import { microphoneInHand, sayInto } from "./microphone.js";
import { heardWav } from "./recorder.js";

/** Deadlines are for machines that do ten other things; what is waited for comes as an event. */
const patience = 60;

export class Caller {
  /** With `microphone`, a WAV file, Chromium's own device plays it; without, `say()` speaks. */
  static async at(parley, { microphone = null, browser = null, setUp = async () => undefined, path = "", init = [] } = {}) {
    const caller = new Caller();
    caller.parley = parley;
    caller.browser = browser ?? await launch({ microphone });
    caller.ownBrowser = browser === null;
    Object.assign(caller, await openWindow(caller.browser, { init: [...init, ...(microphone ? [] : [microphoneInHand])], record: true, permissions: ["microphone"] }));
    caller.#follow(caller.page);
    await setUp(caller.page);
    await caller.page.goto(parley.url + path);
    return caller;
  }

  events = [];
  #waiting = new Set();

  /** Another page of the same browser, with the same cookies. */
  async anotherTab() {
    const tab = Object.assign(new Caller(), { parley: this.parley, browser: this.browser, context: this.context, faults: this.faults, id: this.id });
    tab.page = await this.context.newPage();
    tab.#follow(tab.page);
    await tab.page.goto(this.parley.url);
    return tab;
  }

  /** The page's own event stream says when it is worth another look. */
  #follow(page) {
    page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => {
      this.events.push(JSON.parse(String(payload)));
      this.#waiting.forEach((wake) => wake());
    }));
  }

  /** Waits for something to be so. Looks after every event; and every second, because the page may not be listening yet. */
  async until(what, holds, seconds = patience) {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const seen = this.events.length;
      const value = await holds();
      if (value) return value;
      if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}; events: ${this.events.map(({ type }) => type).join(" ")}`);
      if (this.events.length === seen) await this.#event();
    }
  }

  /** The next event, or a second. */
  #event() {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, 1000);
      this.#waiting.add(done);
    });
  }

  /** Presses the button; the call's id once somebody is there. */
  async call() {
    const answered = this.page.waitForResponse((response) => response.url().endsWith("/webrtc/offer"), { timeout: patience * 1000 });
    await this.page.getByRole("button", { name: /^Call( again)?$/ }).click();
    const answer = await answered;
    assert.equal(answer.status(), 200, await answer.text());
    this.id = (await answer.json()).call_id;
    await this.page.getByRole("button", { name: "Hang up" }).waitFor();
    return this.id;
  }

  /** … and has heard the greeting. */
  async callAndListen() {
    const id = await this.call();
    await this.event("assistant.speech_stopped");
    return id;
  }

  detail() {
    return this.parley.api(`/api/v1/calls/${this.id}`);
  }

  async said(speaker) {
    return ((await this.detail()).transcript ?? []).filter((turn) => turn.speaker === speaker).map((turn) => turn.text);
  }

  event(type) {
    return this.until(`event ${type}`, async () => (await this.detail()).events.find((event) => event.type === type));
  }

  async say(words) {
    await sayInto(this.page, await this.parley.speak(0.2, words, 0.6));
  }

  /** Asks, and asks again when nothing comes of it: a person who is not understood does so, too. */
  async ask(words, what, answered, times = 3) {
    for (let i = 1; ; ++i) {
      await this.say(words);
      try {
        return await this.until(what, answered, i < times ? 20 : patience);
      } catch (error) {
        if (i === times) throw error;
      }
    }
  }

  type(words) {
    return this.page.getByRole("textbox", { name: "Type instead of speaking" }).fill(words).then(() => this.page.keyboard.press("Enter"));
  }

  ended() {
    return this.until("the call has ended", async () => {
      const detail = await this.detail();
      return detail.state === "ended" ? detail : null;
    });
  }

  async hangUp() {
    await this.page.getByRole("button", { name: "Hang up" }).click();
    return this.ended();
  }

  /** Sound that the page receives from now on. */
  async hears(what) {
    await this.page.evaluate(() => { window.heard.length = 0; });
    return () => this.until(what, () => this.page.evaluate(() => window.heard.some((block) => block.some((sample) => Math.abs(sample) > 0.02))));
  }

  /** The words in what was heard so far, as Parley itself understands them. */
  async heardWords() {
    const path = join(tmpdir(), `parley-heard-${this.id}.wav`);
    await writeFile(path, await heardWav(this.page));
    return (await this.parley.recognise(path)).toLowerCase();
  }

  /** Nothing went wrong that the page did not show. */
  unharmed() {
    assert.deepEqual(this.faults.all, []);
  }

  async close() {
    if (this.ownBrowser) await this.browser.close();
    else await this.context.close();
  }
}

export async function withCaller(parley, work, options) {
  const caller = await Caller.at(parley, options);
  try {
    await work(caller);
    caller.unharmed();
  } finally {
    await caller.close();
  }
}
