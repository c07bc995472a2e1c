import { describe, expect, it } from "vitest";
import { afterRefusal, due, hurried, lost, resumeLimitMs, took } from "./recovery";

const fine = { failed: false, online: true };

describe("recovery of lost media", () => {
  it("waits for a short loss to heal", () => expect(due(lost(0), 1_000, fine)).toBe("wait"));
  it("restarts ICE when it does not", () => expect(due(lost(0), 1_500, fine)).toBe("restart"));
  it("restarts ICE at once when the browser has given up", () => expect(due(lost(0), 0, { ...fine, failed: true })).toBe("restart"));
  it("gives a step time to work, then offers anew", () => {
    const restarted = took(lost(0), 1_500);
    expect(due(restarted, 5_000, fine)).toBe("wait");
    expect(due(restarted, 5_500, fine)).toBe("reoffer");
  });
  it("does not count the time without a network against its steps", () => {
    const restarted = took(lost(0), 1_500);
    expect(due(restarted, 20_000, { ...fine, online: false })).toBe("wait");
    expect(due(hurried(restarted), 20_000, fine)).toBe("reoffer");
  });
  it("goes on for as long as the server keeps the call, and no longer", () => {
    let recovery = lost(0);
    const steps: string[] = [];
    for (let now = 0; steps.at(-1) !== "give_up"; now += 250) {
      const step = due(recovery, now, fine);
      if (step === "wait") continue;
      steps.push(step);
      if (step === "give_up") expect(now).toBe(resumeLimitMs);
      recovery = took(recovery, now);
    }
    expect(steps).toEqual(["restart", ...Array(7).fill("reoffer"), "give_up"]);
  });
});

describe("a refused offer", () => {
  it.each([0, 408, 429, 500, 502, 503])("is tried again after %i", (status) => expect(afterRefusal(status)).toBe("retry"));
  it.each([400, 401, 403, 404, 409, 410, 422])("ends the session after %i", (status) => expect(afterRefusal(status)).toBe("expired"));
});
