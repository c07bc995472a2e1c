// Chromium as the tests want it.
import { chromium } from "playwright-core";
import { recordRemote } from "./recorder.js";

/**
 * One browser. `microphone`: a WAV file (16-bit mono, 8, 16 or 48 kHz; it starts at getUserMedia and buzzes after its end:
 * pad it with silence), "refused", or nothing for Chromium's own beeps. A browser has one microphone: two callers are two.
 */
export async function launch({ microphone = null, args = [] } = {}) {
  const refused = microphone === "refused";
  return chromium.launch({
    timeout: 120_000,
    executablePath: "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox", "--disable-dev-shm-usage", "--autoplay-policy=no-user-gesture-required", "--use-fake-device-for-media-stream",
      "--allow-loopback-in-peer-connection", `--use-fake-ui-for-media-stream${refused ? "=deny" : ""}`,
      ...(microphone && !refused ? [`--use-file-for-fake-audio-capture=${microphone}%noloop`] : []), ...args,
    ],
  });
}

/** What a page shows that no page should: uncaught errors, and what its own policy forbids. */
class Faults {
  #found = [];

  watch(page) {
    page.on("pageerror", (error) => this.#found.push(`${page.url()}: ${error.message}`));
    page.on("console", (message) => {
      if (/Content.Security.Policy|Refused to/i.test(message.text())) this.#found.push(`${page.url()}: ${message.text()}`);
    });
  }

  get all() {
    return [...this.#found];
  }
}

const sizes = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } };

/** A person's window: `scheme` light or dark, `size` desktop or phone. `faults.all` is empty when all is well. `record`: what its
 *  pages hear is recorded (recorder.js). */
export async function openWindow(browser, { scheme = "light", size = "desktop", permissions = [], init = [], record = false } = {}) {
  const context = await browser.newContext({
    colorScheme: scheme, viewport: sizes[size], locale: "en-GB", permissions,
    ...(size === "phone" && { isMobile: true, hasTouch: true, deviceScaleFactor: 2 }),
  });
  context.setDefaultTimeout(30_000); // a busy machine is no fault of the page
  const faults = new Faults();
  context.on("page", (page) => faults.watch(page));
  for (const script of [...(record ? [recordRemote] : []), ...init]) await context.addInitScript(script);
  const page = await context.newPage();
  return { context, page, faults };
}
