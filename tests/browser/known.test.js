// A line for people with a PIN: who logs in is known to the assistant, and has a to-do list of their own.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withCaller } from "./caller.js";
import { Parley } from "./parley.js";

let parley;
before(async () => {
  parley = await Parley.start({ routes: [{ to: "1000", assistant: "reception" }] });
  for (const [name, pin] of [["Alice", "471108"], ["Bob", "208417"]]) {
    const made = await parley.user("add", name, "--pin", pin);
    assert.equal(made.code, 0, made.output);
  }
});
after(() => parley?.stop());

async function logIn(page, pin) {
  await page.getByRole("heading", { name: "Who is calling?" }).waitFor();
  await page.getByLabel("PIN", { exact: true }).fill(pin);
  await page.keyboard.press("Enter");
}

const replies = async (caller) => (await caller.said("assistant")).slice(1).join(" ");

test("a caller with a PIN is greeted by name, aloud, and has a to-do list of their own", { timeout: 400_000 }, async () => {
  await withCaller(parley, async (caller) => {
    const { page } = caller;
    await logIn(page, "471108");
    await page.getByText("Alice", { exact: true }).waitFor();

    await caller.callAndListen();
    await page.getByRole("log").getByText("Hello Alice, this is Parley.").waitFor();
    await caller.ask("Add milk to my to do list.", "milk is on the list", async () => /milk/i.test(await replies(caller)));
    const detail = await caller.detail();
    assert.deepEqual([detail.user.name, detail.user.identity], ["Alice", "verified"]);
    const words = await caller.heardWords();
    console.log(`heard: ${words}`);
    assert.match(words, /\balice\b/);
    await caller.hangUp();

    await caller.call();
    await caller.event("assistant.speech_stopped");
    await caller.type("What is on my list?");
    await caller.until("the list is told", async () => /milk/i.test(await replies(caller)));
    await caller.hangUp();

    await page.getByRole("button", { name: "Log out" }).click();
    await logIn(page, "208417");
    await page.getByText("Bob", { exact: true }).waitFor();
    await caller.callAndListen();
    await page.getByRole("log").getByText("Hello Bob, this is Parley.").waitFor();
    await caller.type("What is on my list?");
    await caller.until("an answer", async () => (await replies(caller)).length > 0);
    assert.doesNotMatch(await replies(caller), /milk/i, "Bob's list is another one");
    await caller.hangUp();
  });
});

test("the page asks for the PIN at once, and calls from other pages are refused without one", { timeout: 120_000 }, async () => {
  await withCaller(parley, async ({ page }) => {
    await page.getByRole("heading", { name: "Who is calling?" }).waitFor();
    assert.equal(await page.getByRole("button", { name: "Call", exact: true }).count(), 0);
    const session = await (await fetch(`${parley.url}/api/v1/sessions`)).json();
    assert.equal(session.may_call, false);
    const open = await (await fetch(`${parley.url}/api/v1/sessions?to=9196`)).json();
    assert.equal(open.may_call, true, "the echo is open");
    const refused = await fetch(`${parley.url}/webrtc/offer`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ type: "offer", sdp: "v=0\r\n" }),
    });
    assert.equal(refused.status, 401);
  });
});
