// The calls page, with calls made by telephone: history, playback, filters, and a call while it is spoken.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch, openWindow } from "./browser.js";
import { accessible, reachedByTab, screenshot } from "./checks.js";
import { Parley } from "./parley.js";

let parley, browser, recorded;
before(async () => {
  [parley, browser] = await Promise.all([Parley.start(), launch()]);
  recorded = await parley.call({ to: "1000", say: "what time is it", seconds: 9, user: "alice" });
  await parley.call({ to: "9196", seconds: 1, user: "bob" });
});
after(async () => {
  await browser?.close();
  await parley?.stop();
});

async function calls_page(look = {}, path = "/calls") {
  const window = await openWindow(browser, look);
  await window.page.goto(`${parley.url}${path}#token=${parley.token}`);
  return window;
}

const list = (page) => page.getByRole("list", { name: "Calls" }).getByRole("button");

test("a recorded call is played, and its transcript follows", { timeout: 120_000 }, async () => {
  const { context, page, faults } = await calls_page();
  await page.getByRole("button", { name: /alice/ }).click();
  await page.locator(".player[data-ready]").waitFor();
  assert.equal(new URL(page.url()).searchParams.get("id"), recorded);

  await page.getByRole("button", { name: "Play", exact: true }).click();

  await page.locator(".line[aria-current]").waitFor();
  await page.waitForFunction(() => Number(document.querySelector(".player input").value) >= 1000);
  await page.getByRole("button", { name: "Pause" }).click();
  const times = page.getByRole("button", { name: /Play from/ });
  await times.last().click();
  await page.waitForFunction((at) => document.querySelector(".player-time").textContent.startsWith(at), await times.last().textContent());
  assert.ok(await page.locator(".player-wave canvas").count() >= 1 || await page.locator(".player-wave > div > div").count() >= 1, "a waveform is drawn");
  assert.deepEqual(faults.all, []);
  await context.close();
});

test("the recording and the transcript are downloaded", { timeout: 120_000 }, async () => {
  const { context, page } = await calls_page({}, `/calls?id=${recorded}`);
  for (const [name, ending] of [["Recording (WAV)", "wav"], ["Transcript (text)", "txt"]]) {
    await page.getByRole("button", { name: "Download" }).click();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name }).click()]);
    assert.equal(download.suggestedFilename(), `${recorded}.${ending}`);
    assert.equal(await download.failure(), null);
  }
  await context.close();
});

test("calls are searched and filtered", { timeout: 120_000 }, async () => {
  const { context, page } = await calls_page();
  await list(page).nth(1).waitFor();
  assert.equal(await list(page).count(), 2);

  await page.getByRole("textbox", { name: "Search calls" }).fill("BOB");
  await page.waitForFunction(() => document.querySelectorAll(".call-item").length === 1);
  await page.getByText("bob").waitFor();
  await page.getByRole("textbox", { name: "Search calls" }).fill("");
  await page.getByRole("button", { name: "Filters" }).click();
  await page.getByLabel("Assistant", { exact: true }).selectOption("reception");
  await page.waitForFunction(() => document.querySelectorAll(".call-item").length === 1);
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByLabel("State").selectOption("live");
  await page.getByText("No calls here.").waitFor();
  await page.getByLabel("State").selectOption("");
  await page.getByLabel("From").fill("2999-01-01");
  await page.getByText("No calls here.").waitFor();
  await context.close();
});

test("a call appears while it goes on, is followed, and ends before the reader's eyes", { timeout: 120_000 }, async () => {
  const { context, page, faults } = await calls_page();
  await list(page).nth(1).waitFor();
  const live = await parley.callAndHold({ to: "1000", say: "what time is it", user: "carol" });

  await page.getByRole("button", { name: /carol/ }).click();
  await page.locator(".line-assistant").first().waitFor();
  await page.locator(".live-mark").waitFor();
  await screenshot(page, "calls-live-light-desktop");
  await accessible(page, "a live call");
  await live.hangUp();

  await page.locator(".player[data-ready]").waitFor({ timeout: 60_000 });
  assert.equal(await page.locator(".live-mark").count(), 0);
  assert.deepEqual(faults.all, []);
  await context.close();
});

test("a call that does not exist is said to be none", { timeout: 120_000 }, async () => {
  const { context, page } = await calls_page({}, "/calls?id=01KANONE");
  await page.getByText("There is no such call").waitFor();
  await context.close();
});

for (const look of [{ scheme: "light", size: "desktop" }, { scheme: "dark", size: "desktop" }, { scheme: "light", size: "phone" }, { scheme: "dark", size: "phone" }]) {
  const name = `${look.scheme}-${look.size}`;
  describe(`the calls page, ${name}`, () => {
    const states = {
      door: async (page) => {
        await page.context().clearCookies();
        await page.goto(`${parley.url}/calls`);
        await page.getByRole("heading", { name: "Calls are private" }).waitFor();
      },
      list: async (page) => list(page).nth(1).waitFor(),
      filters: async (page) => page.getByRole("button", { name: "Filters" }).click(),
      call: async (page) => {
        await page.getByRole("button", { name: /alice/ }).click();
        await page.locator(".player[data-ready]").waitFor();
      },
      timings: async (page) => {
        await page.getByRole("button", { name: /alice/ }).click();
        await page.locator(".player[data-ready]").waitFor();
        await page.getByRole("tab", { name: "Timings" }).click();
      },
      details: async (page) => {
        await page.getByRole("button", { name: /alice/ }).click();
        await page.locator(".player[data-ready]").waitFor();
        await page.getByRole("tab", { name: "Details" }).click();
      },
    };
    for (const [state, reach] of Object.entries(states)) {
      test(state, { timeout: 120_000 }, async () => {
        const { context, page, faults } = await calls_page(look);
        await list(page).nth(1).waitFor();
        await reach(page);
        await screenshot(page, `calls-${state}-${name}`);
        await accessible(page, state);
        await reachedByTab(page, state);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "nothing sticks out sideways");
        assert.deepEqual(faults.all, []);
        await context.close();
      });
    }
  });
}
