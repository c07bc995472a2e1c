// One call and several tabs: the call is where it was taken last, and the others say so.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withCaller } from "./caller.js";
import { Parley } from "./parley.js";

let parley;
before(async () => { parley = await Parley.start(); });
after(() => parley?.stop());

/** Tabs then know of each other through the server alone, as on two devices. */
function withoutBroadcast() {
  window.BroadcastChannel = class { postMessage() {} close() {} };
}

const bring = (page) => page.getByRole("button", { name: "Bring it here" });
const hangUp = (page) => page.getByRole("button", { name: "Hang up" });

for (const [name, init] of [["tabs of one browser", []], ["tabs that only the server knows of", [withoutBroadcast]]]) {
  test(`${name}: a second one takes the call over, the first one learns it, and can have it back`, { timeout: 300_000 }, async () => {
    await withCaller(parley, async (first) => {
      const id = await first.callAndListen();
      const second = await first.anotherTab();
      await second.page.locator('[data-notice="elsewhere"]').waitFor();
      assert.equal(await hangUp(first.page).count(), 1, "a look does not take the call");

      await bring(second.page).click();

      await first.page.locator('[data-notice="taken-over"]').waitFor();
      await hangUp(second.page).waitFor();
      const heard = await second.hears("the second tab hears the assistant");
      await parley.api(`/api/v1/calls/${id}/say`, "POST", { text: "Welcome to the other tab, where our conversation goes on." });
      await heard();
      assert.equal(await hangUp(first.page).count(), 0, "the first tab stays away");

      await bring(first.page).click();
      await second.page.locator('[data-notice="taken-over"]').waitFor();
      await hangUp(first.page).waitFor();
      const back = await first.hears("the first tab hears it again");
      await parley.api(`/api/v1/calls/${id}/say`, "POST", { text: "Welcome back to the tab where it all began." });
      await back();

      const stale = await second.page.evaluate((call) => fetch(`/webrtc/offer/${call}`, {
        method: "PATCH", body: "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n",
        headers: { "Content-Type": "application/trickle-ice-sdpfrag", "If-Match": '"of-the-second-tab"' },
      }).then(({ status }) => status), id);
      assert.equal(stale, 412, "a restart that comes too late does not disturb whoever has the call");

      assert.equal((await first.hangUp()).end_cause, "caller_hangup");
      await second.page.locator('[data-notice="taken-over"]').waitFor({ state: "detached" });
      assert.equal((await first.detail()).id, id);
    }, { init });
  });
}

test("a tab that lies idle says so when the call begins in another one, and forgets it when the call ends", { timeout: 300_000 }, async () => {
  await withCaller(parley, async (first) => {
    const idle = await first.anotherTab();
    await idle.page.getByRole("button", { name: "Call", exact: true }).waitFor();
    await first.call();
    await idle.page.locator('[data-notice="elsewhere"]').waitFor();
    await first.hangUp();
    await idle.page.getByRole("button", { name: "Call", exact: true }).waitFor();
  });
});

test("a tab that was closed leaves its call to the next one", { timeout: 300_000 }, async () => {
  await withCaller(parley, async (first) => {
    const id = await first.callAndListen();
    const second = await first.anotherTab();
    await first.page.close();

    await bring(second.page).click();

    await hangUp(second.page).waitFor();
    assert.equal((await second.detail()).state, "with_assistant");
    await second.hangUp();
    assert.equal((await parley.api("/api/v1/calls")).calls.filter((call) => call.id === id).length, 1);
  });
});
