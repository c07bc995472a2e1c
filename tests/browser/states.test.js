// Every state of the caller's page: it looks as it should (screenshots), axe-core finds nothing serious, Tab reaches everything.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch, openWindow } from "./browser.js";
import { accessible, reachedByTab, screenshot } from "./checks.js";
import { answers, callId, fakePeer, fakeServer } from "./fakes.js";
import { Parley } from "./parley.js";

let parley, browser, refusing;

before(async () => {
  [parley, browser, refusing] = await Promise.all([process.env.PARLEY_URL ? { url: process.env.PARLEY_URL, stop() {} } : Parley.start(), launch(), launch({ microphone: "refused" })]);
});
after(async () => {
  await Promise.all([browser?.close(), refusing?.close()]);
  await parley?.stop();
});

const notice = (page, id) => page.locator(`[data-notice="${id}"]`).waitFor();
const state = (page, words) => page.locator(".status-word", { hasText: words }).waitFor();

async function call(page, server) {
  await page.getByRole("button", { name: "Call", exact: true }).click();
  await page.getByRole("button", { name: "Hang up" }).waitFor();
  await page.waitForFunction(() => document.querySelector(".status-facts") !== null);
  await server.listening();
  server.tell("call.arrived");
  server.tell("call.answered");
  server.tell("recording.started");
  server.tell("call.state", { state: "with_assistant", on_hold: false });
}

/** A conversation with everything in it that can be in one. */
function converse(server) {
  server.tell("assistant.speech_started");
  server.tell("assistant.speech_stopped", { heard_text: "Hello Alice, this is Parley. How can I help you?", interrupted: false });
  server.tell("caller.transcript", { text: "Add oat milk to my list, please.", final: true });
  server.tell("tool.started", { name: "todo" });
  server.tell("tool.finished", { name: "todo", ok: true, duration_ms: 14 });
  server.tell("assistant.speech_started");
  server.tell("assistant.speech_stopped", { heard_text: "Oat milk is on your list. You now have", interrupted: true });
  server.answers.call = answers.json({
    id: callId, state: "with_assistant", events: [], transcript: [
      { seq: 1, speaker: "assistant", text: "Hello Alice, this is Parley. How can I help you?", started_ms: 300, ended_ms: 3200, provider: "local", timings: {} },
      { seq: 3, speaker: "assistant", text: "Oat milk is on your list. You now have three things to do.", heard_text: "Oat milk is on your list. You now have", interrupted: true,
        started_ms: 6200, ended_ms: 8100, provider: "local", timings: { response_ms: 640, stt_final_ms: 180, llm_first_token_ms: 12, tts_first_audio_ms: 90, own_share_ms: 6 } },
    ],
  });
  server.tell("caller.speech_started");
  server.tell("caller.transcript", { text: "Wait, what time", final: false });
}

/** As the server tells it, with the state that goes along. */
function transfer(server, what, data) {
  server.tell(`transfer.${what}`, { transfer_id: "t1", ...data });
  if (what === "started") server.tell("call.state", { state: "transferring", on_hold: false });
}

/** Each state: how to get there. `browser` is the one it needs. */
const states = {
  idle: { async reach() {} },
  starting: {
    async reach(page, server) {
      server.answers.offer = "never";
      await page.route("**/webrtc/offer", () => undefined);
      await page.getByRole("button", { name: "Call", exact: true }).click();
      await state(page, "Calling…");
    },
  },
  listening: {
    async reach(page, server) {
      await call(page, server);
      converse(server);
      await state(page, "Listening");
      await page.locator("[data-local]").waitFor();
      await page.locator(".bars").waitFor();
    },
  },
  thinking: {
    async reach(page, server) {
      await call(page, server);
      converse(server);
      server.tell("caller.transcript", { text: "Wait, what time is it?", final: true });
      server.tell("assistant.thinking");
      server.tell("tool.started", { name: "time" });
      await state(page, "Thinking");
      await page.getByText("running…").waitFor();
    },
  },
  speaking: {
    async reach(page, server) {
      await call(page, server);
      server.tell("assistant.speech_started");
      await state(page, "Speaking");
    },
  },
  transferring: {
    async reach(page, server) {
      await call(page, server);
      converse(server);
      await page.getByRole("button", { name: "Talk to a person" }).click();
      await page.waitForFunction(() => document.querySelector(".person-ask[data-loading]"));
      assert.deepEqual(server.asked.filter(({ key }) => key === "transfer").map(({ method, body }) => [method, body]), [["POST", "{}"]]);
      transfer(server, "started", { to: "2001", name: "Support" });
      await state(page, "Transferring to Support");
      await page.getByText("Calling Support…").first().waitFor();
    },
  },
  ringing: {
    async reach(page, server) {
      await call(page, server);
      converse(server);
      transfer(server, "started", { to: "2001", name: "Support" });
      transfer(server, "ringing", { to: "2001" });
      await page.getByText("Ringing Support…").waitFor();
    },
  },
  answered: {
    async reach(page, server) {
      await states.ringing.reach(page, server);
      transfer(server, "answered", { to: "2001" });
      await page.getByText("Support has answered").waitFor();
      assert.equal(await page.getByRole("button", { name: "Never mind" }).count(), 0, "too late to change one's mind");
    },
  },
  joined: {
    async reach(page, server) {
      await states.ringing.reach(page, server);
      server.answers.call = answers.json({ id: callId, state: "with_agent", events: [], transcript: [
        { seq: 1, speaker: "assistant", text: "Hello Alice, this is Parley. How can I help you?", started_ms: 300, ended_ms: 3200, provider: "local", timings: {} },
      ] });
      transfer(server, "completed", { to: "2001" });
      server.tell("call.state", { state: "with_agent", on_hold: false });
      await state(page, "Talking to Support");
      await page.locator(".voice-assistant", { hasText: "Support" }).waitFor();
      assert.equal(await page.getByRole("button", { name: "Talk to a person" }).count(), 0);
    },
  },
  "nobody-answered": {
    async reach(page, server) {
      await states.ringing.reach(page, server);
      transfer(server, "failed", { to: "2001", cause: "no_answer" });
      server.tell("call.state", { state: "with_assistant", on_hold: false });
      await page.getByText("Parley is back with you.").waitFor();
      await page.getByRole("button", { name: "Try again" }).waitFor();
    },
  },
  "agent-busy": {
    async reach(page, server) {
      await states.ringing.reach(page, server);
      transfer(server, "failed", { to: "2001", cause: "busy" });
      server.tell("call.state", { state: "with_assistant", on_hold: false });
      await page.locator(".person strong", { hasText: "Support is busy" }).waitFor();
    },
  },
  "never-mind": {
    async reach(page, server) {
      await states.ringing.reach(page, server);
      await Promise.all([page.waitForRequest((request) => request.method() === "DELETE"), page.getByRole("button", { name: "Never mind" }).click()]);
      transfer(server, "cancelled", { to: "2001" });
      server.tell("call.state", { state: "with_assistant", on_hold: false });
      await page.getByRole("button", { name: "Talk to a person" }).waitFor();
      assert.ok(server.asked.some(({ key, method }) => key === "transfer" && method === "DELETE"));
    },
  },
  "no-person": {
    async reach(page, server) {
      server.answers.transfer = answers.problem(404, "There is no such path.");
      await call(page, server);
      await page.getByRole("button", { name: "Talk to a person" }).click();
      await page.getByText("No one is available right now").waitFor();
    },
  },
  long: {
    async reach(page, server) {
      server.answers.session = answers.json({ role: "caller", user: { id: "u1", name: "Maximiliane Freifrau von und zu Hohenstein-Wolkenburg" }, call_id: null, may_call: true, ice_servers: [] });
      await page.reload();
      await call(page, server);
      for (let i = 0; i < 6; ++i) {
        server.tell("caller.transcript", { text: "I should like to know whether the appointment on the twenty-third of November can be moved to the week after. ".repeat(2), final: true });
        server.tell("tool.started", { name: "search_appointments_of_department" });
        server.tell("tool.finished", { name: "search_appointments_of_department", ok: i !== 4, duration_ms: 1843 });
        server.tell("caller.transcript", { text: "https://example.com/averylongaddresswithoutanyspaceinit/thatgoeson/andon/andon/untiltheend?of=the&line", final: true });
      }
      transfer(server, "started", { to: "2001", name: "Customer Care for Private Clients, Second Floor" });
      transfer(server, "ringing", { to: "2001" });
      await page.getByText(/^Ringing Customer Care/).waitFor();
    },
  },
  muted: {
    async reach(page, server) {
      await call(page, server);
      await page.getByRole("button", { name: "Mute" }).click();
      await page.locator(".status-muted").waitFor();
    },
  },
  keypad: {
    async reach(page, server) {
      await call(page, server);
      await page.getByRole("button", { name: "Keypad" }).click();
      await page.getByRole("button", { name: "5 JKL" }).click();
      await page.keyboard.press("#");
      await page.locator(".keypad-pressed", { hasText: "5#" }).waitFor();
      assert.equal(await page.evaluate(() => window.tones), "5#");
    },
  },
  "log-in-first": {
    async reach(page, server) {
      server.answers.session = answers.json({ role: null, user: null, call_id: null, may_call: false, ice_servers: [] });
      await page.reload();
      await page.getByRole("heading", { name: "Who is calling?" }).waitFor();
      assert.equal(await page.getByRole("button", { name: "Back" }).count(), 0, "there is nothing to go back to");
    },
  },
  volume: {
    async reach(page) {
      await page.getByRole("button", { name: "Volume" }).click();
      await page.getByRole("slider", { name: "Volume" }).waitFor();
    },
  },
  devices: {
    async reach(page) {
      await page.getByRole("button", { name: "Sound" }).click();
      for (const name of ["Echo cancellation", "Noise suppression", "Automatic gain"]) assert.ok(await page.getByRole("switch", { name }).isChecked(), name);
    },
  },
  reconnecting: {
    async reach(page, server) {
      await call(page, server);
      converse(server);
      await page.evaluate(() => { window.fakeNeverConnects = true; window.fakePeer("disconnected"); });
      await state(page, "Reconnecting…");
    },
  },
  ended: {
    async reach(page, server) {
      await call(page, server);
      converse(server);
      server.tell("call.ended", { cause: "assistant_hangup", duration_ms: 9000 });
      await page.getByText("The assistant said goodbye.").waitFor();
    },
  },
  debug: {
    path: "/?debug",
    async reach(page, server) {
      await call(page, server);
      converse(server);
      await page.getByText("21 ms").waitFor();
      await page.getByLabel("Timings of this turn").first().waitFor();
    },
  },
  "log-in": {
    async reach(page, server) {
      server.answers.session = answers.json({ role: null, user: null, call_id: null, may_call: true, ice_servers: [] });
      await page.reload();
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByRole("heading", { name: "Who is calling?" }).waitFor();
    },
  },
  "wrong-pin": {
    async reach(page, server) {
      await states["log-in"].reach(page, server);
      await page.getByLabel("PIN", { exact: true }).fill("1234");
      await page.keyboard.press("Enter");
      await notice(page, "wrong-pin");
    },
  },
  locked: {
    async reach(page, server) {
      server.answers.log_in = answers.problem(429, "Too many attempts.", { "Retry-After": "840" });
      await states["log-in"].reach(page, server);
      await page.getByLabel("PIN", { exact: true }).fill("1234");
      await page.keyboard.press("Enter");
      await page.getByText("Try again in 14 minutes.").waitFor();
    },
  },
  "log-in-needed": {
    async reach(page, server) {
      server.answers.session = answers.json({ role: null, user: null, call_id: null, may_call: true, ice_servers: [] });
      server.answers.offer = answers.problem(401, "Log in.");
      await page.reload();
      await page.getByRole("button", { name: "Call", exact: true }).click();
      await page.getByRole("heading", { name: "Who is calling?" }).waitFor();
    },
  },
  "microphone-refused": {
    microphone: "refused",
    async reach(page) {
      await page.getByRole("button", { name: "Call", exact: true }).click();
      await notice(page, "microphone-refused");
    },
  },
  "microphone-missing": {
    async reach(page) {
      await page.evaluate(() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotFoundError")); });
      await page.getByRole("button", { name: "Call", exact: true }).click();
      await notice(page, "microphone-missing");
    },
  },
  insecure: {
    async reach(page) {
      await page.evaluate(() => Object.defineProperty(window, "isSecureContext", { value: false }));
      await page.getByRole("button", { name: "Call", exact: true }).click();
      await notice(page, "insecure");
    },
  },
  typed: {
    microphone: "refused",
    async reach(page, server) {
      await page.getByRole("button", { name: "Call without a microphone" }).click();
      await page.getByRole("button", { name: "Hang up" }).waitFor();
      await page.getByRole("textbox", { name: "Type instead of speaking" }).fill("What is on my list?");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.querySelector("input[placeholder^=Type]").value === "");
      assert.deepEqual(JSON.parse(server.asked.find(({ body }) => body?.includes("list")).body), { text: "What is on my list?" });
    },
  },
  unreachable: {
    async reach(page, server) {
      server.answers.offer = "unreachable";
      await page.getByRole("button", { name: "Call", exact: true }).click();
      await notice(page, "unreachable");
    },
  },
  busy: {
    async reach(page, server) {
      server.answers.offer = answers.problem(503, "Full.", { "Retry-After": "30" });
      await page.getByRole("button", { name: "Call", exact: true }).click();
      await page.getByText("Try again in 30 seconds.").waitFor();
    },
  },
  expired: {
    async reach(page, server) {
      await call(page, server);
      server.answers.offer = answers.problem(401, "There is no such session.");
      server.answers.call = answers.problem(401, "Log in.");
      await page.reload();
      await notice(page, "expired");
    },
  },
  elsewhere: {
    async reach(page, server) {
      server.answers.session = answers.json({ role: "caller", user: { id: "u1", name: "Alice" }, call_id: callId, may_call: true, ice_servers: [] });
      await page.reload();
      await notice(page, "elsewhere");
      await page.getByRole("button", { name: "Bring it here" }).waitFor();
    },
  },
  "taken-over": {
    async reach(page, server) {
      await call(page, server);
      await page.evaluate((id) => new BroadcastChannel("parley.call").postMessage({ call_id: id, tab: "another" }), callId);
      await notice(page, "taken-over");
    },
  },
};

const looks = [{ scheme: "light", size: "desktop" }, { scheme: "dark", size: "desktop" }, { scheme: "light", size: "phone" }, { scheme: "dark", size: "phone" }];

for (const look of looks) {
  describe(`the caller's page, ${look.scheme}, ${look.size}`, () => {
    for (const [name, { reach, path = "/", microphone }] of Object.entries(states)) {
      test(name, { timeout: 90_000 }, async () => {
        const { context, page, faults } = await openWindow(microphone === "refused" ? refusing : browser, { ...look, init: [fakePeer] });
        try {
          const server = await fakeServer(page);
          await page.goto(parley.url + path);
          await page.getByRole("button", { name: "Call", exact: true }).waitFor();

          await reach(page, server);

          await screenshot(page, `call-${name}-${look.scheme}-${look.size}`);
          await accessible(page, name);
          await reachedByTab(page, name);
          assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "nothing sticks out sideways");
          assert.deepEqual(faults.all, []);
        } finally {
          await context.close();
        }
      });
    }
  });
}

describe("what is open on the caller's page", () => {
  for (const [control, inside] of [["Keypad", (page) => page.getByRole("button", { name: "5 JKL" })], ["Volume", (page) => page.getByRole("slider", { name: "Volume" })]]) {
    test(`${control}: Escape closes it, wherever the focus is, and the button has the focus again`, { timeout: 60_000 }, async () => {
      const { context, page, faults } = await openWindow(browser, { init: [fakePeer] });
      try {
        const server = await fakeServer(page);
        await page.goto(parley.url);
        await call(page, server);
        const button = page.getByRole("button", { name: control });
        for (const elsewhere of [() => undefined, () => document.activeElement.blur()]) {
          await button.click();
          await inside(page).waitFor();
          await page.evaluate(elsewhere);
          await page.keyboard.press("Escape");
          await inside(page).waitFor({ state: "hidden" });
          assert.equal(await button.evaluate((element) => element === document.activeElement), true);
        }
        assert.equal(await page.getByRole("button", { name: "Hang up" }).count(), 1, "the call goes on");
        assert.deepEqual(faults.all, []);
      } finally {
        await context.close();
      }
    });
  }

  test("Escape pressed before it has come into sight closes it, too", { timeout: 60_000 }, async () => {
    const { context, page } = await openWindow(browser, { init: [fakePeer] });
    const server = await fakeServer(page);
    await page.goto(parley.url);
    await call(page, server);
    await page.getByRole("button", { name: "Keypad" }).evaluate((button) => {
      button.click();
      setTimeout(() => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true })), 0);
    });
    await page.getByRole("button", { name: "5 JKL" }).waitFor({ state: "hidden" });
    assert.equal(await page.getByRole("button", { name: "Keypad" }).getAttribute("aria-expanded"), "false");
    await context.close();
  });
});
