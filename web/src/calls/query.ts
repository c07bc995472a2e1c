import type { Call, CallState } from "../api/types";
import { party } from "../ui/format";

export interface Filters {
  search: string;
  state: CallState | "live" | "";
  assistant: string;
  since: string;
  until: string;
}

export const noFilters: Filters = { search: "", state: "", assistant: "", since: "", until: "" };

export const pageSize = 100;

/** The day as the reader's clock has it, as the API's time; the end of it for `until`. */
function dayEdge(day: string, end: boolean): string | null {
  const date = new Date(`${day}T${end ? "23:59:59.999" : "00:00:00.000"}`);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** What the server filters; the rest is done over what it answers. `live` is several states, and comes with the newest. */
export function apiQuery(filters: Filters, cursor: string | null): URLSearchParams {
  const query = new URLSearchParams({ limit: String(pageSize) });
  if (filters.state && filters.state !== "live") query.set("state", filters.state);
  if (filters.assistant) query.set("assistant", filters.assistant);
  const since = filters.since && dayEdge(filters.since, false);
  const until = filters.until && dayEdge(filters.until, true);
  if (since) query.set("since", since);
  if (until) query.set("until", until);
  if (cursor) query.set("cursor", cursor);
  return query;
}

function found(call: Call, search: string): boolean {
  const wanted = search.trim().toLowerCase();
  if (!wanted) return true;
  const texts = [call.id, call.from, call.to, party(call.from), call.user?.name, call.assistant, call.summary, call.end_cause,
    ...Object.values(call.extracted ?? {}).map(String)];
  return texts.some((text) => text?.toLowerCase().includes(wanted));
}

/** Whether the call belongs into the list: for calls that come by event, and for what only the page can search. */
export function matches(call: Call, filters: Filters): boolean {
  if (filters.state === "live" ? call.state === "ended" : filters.state !== "" && call.state !== filters.state) return false;
  if (filters.assistant && call.assistant !== filters.assistant) return false;
  const since = filters.since && dayEdge(filters.since, false);
  const until = filters.until && dayEdge(filters.until, true);
  if (since && call.started_at < since) return false;
  if (until && call.started_at > until) return false;
  return found(call, filters.search);
}

/** Newest first, every call once. */
export function upsert(calls: Call[], fresh: Call[]): Call[] {
  const byId = new Map(calls.map((call) => [call.id, call]));
  for (const call of fresh) byId.set(call.id, call);
  return [...byId.values()].sort((a, b) => b.started_at.localeCompare(a.started_at) || b.id.localeCompare(a.id));
}
