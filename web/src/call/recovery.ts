// What to do while the media is lost. Pure: the clock and the network are inputs.

/** The server keeps a call without its caller for this long. */
export const resumeLimitMs = 30_000;

/** Most losses heal by themselves within this. */
const patienceMs = 1_500;
/** A step that has brought no connection within this did not work. */
const stepMs = 4_000;

export type Step = "wait" | "restart" | "reoffer" | "give_up";

export interface Recovery {
  since: number;
  /** Steps taken: none, then an ICE restart, then new offers with the session. */
  taken: number;
  stepAt: number;
}

export function lost(now: number): Recovery {
  return { since: now, taken: 0, stepAt: now };
}

/** What is due at `now`. `failed`: the browser itself has given the connection up; `online`: it has a network. */
export function due(recovery: Recovery, now: number, network: { failed: boolean; online: boolean }): Step {
  if (now - recovery.since >= resumeLimitMs) return "give_up";
  if (!network.online) return "wait";
  const idle = now - recovery.stepAt;
  if (recovery.taken === 0) return network.failed || idle >= patienceMs ? "restart" : "wait";
  return idle >= stepMs ? "reoffer" : "wait";
}

export function took(recovery: Recovery, now: number): Recovery {
  return { ...recovery, taken: recovery.taken + 1, stepAt: now };
}

/** The network is back, or another one: don't sit out the wait. */
export function hurried(recovery: Recovery): Recovery {
  return { ...recovery, stepAt: Number.NEGATIVE_INFINITY };
}

/** How a refused re-offer is to be taken. */
export function afterRefusal(status: number): "retry" | "expired" {
  const passing = status === 0 || status === 408 || status === 429 || status >= 500;
  return passing ? "retry" : "expired";
}
