// Who may come in: PINs, the administrator's token, and what happens to those who guess.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openWindow } from "./browser.js";
import { Parley } from "./parley.js";

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

/** A window on a Parley of its own: lock-outs are per address, and here all have the same. */
async function with_parley(work) {
  const parley = await Parley.start();
  const { context, page, faults } = await openWindow(browser);
  try {
    await work(parley, page);
    assert.deepEqual(faults.all, []);
  } finally {
    await context.close();
    await parley.stop();
  }
}

async function enterPin(page, pin) {
  await page.getByLabel("PIN", { exact: true }).fill(pin);
  await page.keyboard.press("Enter");
}

test("the right PIN greets its owner by name, and a reload keeps them logged in", { timeout: 180_000 }, () => with_parley(async (parley, page) => {
  const made = await parley.user("add", "Alice", "--pin", "471108");
  assert.equal(made.code, 0, made.output);

  await page.goto(parley.url);
  await page.getByRole("button", { name: "Log in" }).click();
  await enterPin(page, "471108");

  await page.getByText("Alice", { exact: true }).waitFor();
  await page.reload();
  await page.getByText("Alice", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("button", { name: "Log in" }).waitFor();
}));

test("five wrong PINs lock the log-in, and the page says for how long", { timeout: 180_000 }, () => with_parley(async (parley, page) => {
  await page.goto(parley.url);
  await page.getByRole("button", { name: "Log in" }).click();
  for (let i = 0; i < 5; ++i) {
    const answered = page.waitForResponse((answer) => answer.request().method() === "POST" && answer.url().endsWith("/sessions"));
    await enterPin(page, `00000${i}`);
    assert.equal((await answered).status(), 401);
    await page.locator('[data-notice="wrong-pin"]').waitFor();
  }
  await enterPin(page, "000009");

  await page.locator('[data-notice="locked"]').waitFor();
  await page.getByText(/Try again in 1\d minutes\./).waitFor();
  assert.ok(await page.getByRole("main").getByRole("button", { name: "Log in" }).isDisabled());
}));

test("the printed link logs the administrator in and leaves no token in the address", { timeout: 180_000 }, () => with_parley(async (parley, page) => {
  await page.goto(`${parley.url}/calls#token=${parley.token}`);
  await page.getByText("No calls here.").waitFor();
  assert.equal(page.url(), `${parley.url}/calls`);
  await page.goto(parley.url);
  await page.getByRole("link", { name: "Calls", exact: true }).waitFor();
}));

test("a wrong token shows no calls, and the right one typed in does", { timeout: 180_000 }, () => with_parley(async (parley, page) => {
  await page.goto(`${parley.url}/calls#token=wrong`);
  await page.getByLabel("Administrator's token").fill("wrong too");
  await page.keyboard.press("Enter");
  await page.getByText("That token is not right.").waitFor();
  await page.getByLabel("Administrator's token").fill(parley.token);
  await page.keyboard.press("Enter");
  await page.getByText("No calls here.").waitFor();
}));

test("a caller's PIN opens no call history", { timeout: 180_000 }, () => with_parley(async (parley, page) => {
  await parley.user("add", "Bob", "--pin", "471109");
  await page.goto(`${parley.url}/calls`);
  await page.getByRole("button", { name: "Log in with a PIN" }).click();
  await enterPin(page, "471109");
  await page.locator('[data-notice="not-allowed"]').waitFor();
}));
