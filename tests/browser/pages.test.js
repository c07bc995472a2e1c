// The pages as the server gives them: headers, compression, and a policy that they keep to.
import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { launch, openWindow } from "./browser.js";
import { Parley } from "./parley.js";

let parley, browser;
before(async () => {
  [parley, browser] = await Promise.all([Parley.start(), launch()]);
});
after(async () => {
  await browser?.close();
  await parley?.stop();
});

/** As it comes over the wire: fetch() would unpack it. */
function get(path, headers = {}) {
  return new Promise((resolve, reject) => {
    const ask = request(parley.url + path, { headers }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }));
    });
    ask.on("error", reject);
    ask.end();
  });
}

const assets = async (path) => [...(await get(path)).body.toString().matchAll(/"(\/assets\/[^"]+)"/g)].map(([, found]) => found);

for (const path of ["/", "/calls"]) {
  test(`${path} loads without breaking its policy, from this server alone`, { timeout: 120_000 }, async () => {
    const { context, page, faults } = await openWindow(browser);
    const foreign = [];
    page.on("request", (asked) => {
      if (!asked.url().startsWith(parley.url) && !asked.url().startsWith("blob:")) foreign.push(asked.url());
    });
    await page.goto(parley.url + path);
    await page.getByRole("link", { name: /Parley/ }).waitFor();
    await page.evaluate(() => document.fonts.ready);
    assert.ok(await page.evaluate(() => document.fonts.check("16px 'Figtree Variable'")), "its font is there");
    assert.deepEqual(foreign, []);
    assert.deepEqual(faults.all, []);
    await context.close();
  });

  test(`${path} is asked for again each time, and has not changed`, async () => {
    const first = await get(path);
    assert.equal(first.headers["cache-control"], "no-cache");
    assert.doesNotMatch(first.headers["content-security-policy"], /unsafe|\*|https?:/);
    assert.equal((await get(path, { "If-None-Match": first.headers.etag })).status, 304);
  });
}

test("assets are kept for a year, and packed for those who can unpack", async () => {
  const script = (await assets("/")).find((path) => path.endsWith(".js"));
  const packed = await get(script, { "Accept-Encoding": "gzip" }), plain = await get(script);
  assert.match(packed.headers["cache-control"], /immutable/);
  assert.equal(packed.headers["content-encoding"], "gzip");
  assert.deepEqual([...packed.body.subarray(0, 2)], [0x1f, 0x8b]);
  assert.equal(plain.headers["content-encoding"], undefined);
  assert.ok(plain.body.length > 2 * packed.body.length);
});

test("a browser that knows the page loads it again from its cache", { timeout: 120_000 }, async () => {
  const { context, page, faults } = await openWindow(browser);
  await page.goto(parley.url);
  await page.getByRole("button", { name: "Call", exact: true }).waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Call", exact: true }).waitFor();
  assert.deepEqual(faults.all, [], "the kept page's nonce is still the right one");
  await context.close();
});

test("the theme is switched, and stays so", { timeout: 120_000 }, async () => {
  const { context, page } = await openWindow(browser, { scheme: "dark" });
  const scheme = () => page.evaluate(() => document.documentElement.dataset.mantineColorScheme);
  await page.goto(parley.url);
  await page.getByRole("button", { name: "Theme: as the system" }).click();
  assert.equal(await scheme(), "light");
  await page.reload();
  await page.getByRole("button", { name: "Theme: light" }).waitFor();
  assert.equal(await scheme(), "light");
  await context.close();
});
