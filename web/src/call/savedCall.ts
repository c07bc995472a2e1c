// What a reload needs to find its call again. Kept for this tab only, and no longer than the server keeps the call.
import { resumeLimitMs } from "./recovery";

export interface SavedCall {
  session: string;
  call_id: string;
  seen_at: number;
  muted: boolean;
  typed: boolean;
}

const key = "parley.call";

/** The call that may still be taken up again, if there is one. */
export function resumable(stored: string | null, now: number): SavedCall | null {
  if (stored === null) return null;
  try {
    const saved = JSON.parse(stored) as Partial<SavedCall>;
    const usable = typeof saved.session === "string" && typeof saved.call_id === "string" && typeof saved.seen_at === "number";
    if (!usable || now - saved.seen_at! > resumeLimitMs) return null;
    return { muted: false, typed: false, ...saved } as SavedCall;
  } catch {
    return null;
  }
}

export const savedCall = {
  load: (): SavedCall | null => resumable(sessionStorage.getItem(key), Date.now()),
  save: (call: Omit<SavedCall, "seen_at">): void => sessionStorage.setItem(key, JSON.stringify({ ...call, seen_at: Date.now() })),
  clear: (): void => sessionStorage.removeItem(key),
};
