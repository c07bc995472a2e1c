const two = (value: number): string => String(value).padStart(2, "0");

/** 65_000 → 1:05, 3_600_000 → 1:00:00. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** 90 → 2 minutes: waits are rounded up, so that coming back after one is never too early. */
export function waitWords(seconds: number): string {
  if (seconds < 60) return seconds <= 1 ? "1 second" : `${Math.ceil(seconds)} seconds`;
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? "1 minute" : `${minutes} minutes`;
}

/** 640 → 640 ms, 1640 → 1.6 s. */
export function milliseconds(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return "–";
  if (ms < 1) return "under 1 ms";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** with_assistant → With assistant. */
export function words(name: string | null | undefined): string {
  const text = (name ?? "").replaceAll(/[_.]/g, " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const tools: Record<string, string> = {
  todo: "To-do list", note: "Notes", time: "Clock", transfer: "Transfer to a person", end_call: "End of the call", calendar: "Calendar",
};
/** A tool, as people call it. */
export const tool = (name: string): string => tools[name] ?? words(name);

const channels: Record<string, string> = { sip: "SIP", webrtc: "Browser", whatsapp: "WhatsApp", freeswitch: "FreeSWITCH" };
export const channel = (name: string): string => channels[name] ?? words(name);

const causes: Record<string, string> = {
  caller_hangup: "Caller hung up", assistant_hangup: "Assistant hung up", agent_hangup: "Agent hung up", api: "Ended by command", idle: "Nobody spoke",
  machine: "Answering machine", limit: "Time limit", drained: "Service restarted", media_timeout: "Connection lost",
};
/** Why a call ended, in a list. */
export const cause = (name: string | null | undefined): string => causes[name ?? ""] ?? words(name ?? "ended");

/** sip:alice@example.com → alice; +15551234567 stays. An address without a name shows its host. */
export function party(address: string | null | undefined): string {
  const text = (address ?? "").trim();
  const uri = /^sips?:([^;>]*)/.exec(text.replace(/^.*</, ""));
  if (!uri) return text || "Unknown";
  const [user, host] = uri[1]!.includes("@") ? uri[1]!.split("@") : ["", uri[1]];
  return user || host || "Unknown";
}

const sameDay = (a: Date, b: Date): boolean => a.toDateString() === b.toDateString();

/** Today 14:03, Yesterday 14:03, 3 Jan 14:03, 3 Jan 2025 14:03. */
export function when(at: string | null | undefined, now: Date, locale?: string): string {
  const date = new Date(at ?? "");
  if (Number.isNaN(date.getTime())) return "–";
  const time = date.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
  if (sameDay(date, now)) return `Today ${time}`;
  if (sameDay(date, new Date(now.getTime() - 86_400_000))) return `Yesterday ${time}`;
  const year = date.getFullYear() === now.getFullYear() ? {} : ({ year: "numeric" } as const);
  return `${date.toLocaleDateString(locale, { day: "numeric", month: "short", ...year })} ${time}`;
}

/** A value of the extracted fields, for people. */
export function value(of: unknown): string {
  if (of === null || of === undefined || of === "") return "–";
  if (Array.isArray(of)) return of.map(value).join(", ") || "–";
  if (typeof of === "boolean") return of ? "Yes" : "No";
  return typeof of === "object" ? JSON.stringify(of) : String(of);
}
