// What every state of every page has to pass.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const folder = fileURLToPath(new URL("../../build/screenshots/", import.meta.url));

/** Until what moves has come to rest, but for what never does. */
export async function settled(page) {
  await page.evaluate(async () => {
    const passing = () => document.getAnimations().filter((a) => a.playState === "running" && a.effect?.getComputedTiming().endTime < 5_000);
    await new Promise(requestAnimationFrame);
    while (passing().length > 0) {
      await Promise.all(passing().map((a) => a.finished.catch(() => undefined)));
      await new Promise(requestAnimationFrame);
    }
  });
}

export async function screenshot(page, name) {
  await settled(page);
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: `${folder}${name}.png` });
}

/** Nothing that axe-core calls serious or critical. Evaluated by the debugger, which the page's policy does not bind. */
export async function accessible(page, what) {
  await page.evaluate(axe);
  // No preload: it copies the styles of shadow trees into elements without a nonce.
  const { violations } = await page.evaluate(() => window.axe.run(document, { preload: false, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }));
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`);
  assert.deepEqual(serious, [], what);
}

/** Presses Tab until it comes round: every control that can be used is reached, and looks different while it has the focus. */
export async function reachedByTab(page, what) {
  const wanted = await page.evaluate(async () => {
    // Colours change over a moment: what is compared is where they end.
    window.tabTestSettled = async () => {
      await new Promise(requestAnimationFrame);
      await Promise.all(document.getAnimations().filter((a) => a instanceof CSSTransition).map((a) => a.finished.catch(() => undefined)));
    };
    const controls = [...document.querySelectorAll("button, a[href], input, select, textarea, [role=slider], [role=tab], summary")];
    const usable = controls.filter((c) => !c.disabled && c.checkVisibility({ visibilityProperty: true }) && !c.closest("[inert], [aria-hidden=true]")
      && c.type !== "hidden" && !(c.getAttribute("role") === "tab" && c.tabIndex < 0));
    // In a dialogue, only it can be reached.
    const dialogue = document.querySelector("[role=dialog]");
    const own = dialogue ? usable.filter((c) => dialogue.contains(c)) : usable;
    // A switch's focus shows on its track, a text box's on the box around it.
    window.tabTestLook = (c) => [c, c.nextElementSibling, c.parentElement].filter(Boolean).map((e) => getComputedStyle(e))
      .map((s) => [s.outlineStyle, s.outlineWidth, s.boxShadow, s.borderColor].join()).join("|");
    document.activeElement?.blur();
    await window.tabTestSettled();
    own.forEach((c, i) => Object.assign(c.dataset, { tabTest: i, tabTestLook: window.tabTestLook(c) }));
    return own.map((c) => `${c.tagName} ${c.getAttribute("aria-label") ?? c.textContent.trim()}`);
  });
  const reached = new Set();
  for (let i = 0; i < wanted.length * 2 + 20 && reached.size < wanted.length; ++i) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(async () => {
      await window.tabTestSettled();
      const here = document.activeElement;
      return here?.dataset.tabTest === undefined ? null : { index: here.dataset.tabTest, differs: window.tabTestLook(here) !== here.dataset.tabTestLook };
    });
    if (!at) continue;
    assert.ok(at.differs, `${what}: the focus on ${wanted[at.index]} can be seen`);
    reached.add(at.index);
  }
  assert.deepEqual(wanted.filter((_, i) => !reached.has(String(i))), [], `${what}: reached by Tab`);
}
