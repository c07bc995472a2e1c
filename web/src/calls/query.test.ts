import { describe, expect, it } from "vitest";
import type { Call } from "../api/types";
import { apiQuery, type Filters, matches, noFilters, upsert } from "./query";

const call = (more: Partial<Call> = {}): Call => ({
  id: "01A", state: "ended", direction: "inbound", channel: "sip", from: "sip:alice@example.com", to: "1000", assistant: "reception",
  started_at: "2026-01-02T12:00:00.000Z", ...more,
});
const filters = (more: Partial<Filters>): Filters => ({ ...noFilters, ...more });

describe("the query for the server", () => {
  it("asks for a page, and for nothing that was not chosen", () => expect(apiQuery(noFilters, null).toString()).toBe("limit=100"));
  it("goes on from a cursor with the same filters", () =>
    expect(apiQuery(filters({ state: "ended", assistant: "reception" }), "c").toString()).toBe("limit=100&state=ended&assistant=reception&cursor=c"));
  it("takes whole days of the reader's clock", () => {
    const query = apiQuery(filters({ since: "2026-01-02", until: "2026-01-02" }), null);
    expect(Date.parse(query.get("until")!) - Date.parse(query.get("since")!)).toBe(86_399_999);
  });
  it("leaves out a day that is none", () => expect(apiQuery(filters({ since: "soon" }), null).has("since")).toBe(false));
});

describe("a call in the list", () => {
  it.each<[boolean, Partial<Filters>]>([
    [true, {}], [true, { search: "ALICE" }], [false, { search: "bob" }], [true, { search: "milk" }],
    [true, { state: "ended" }], [false, { state: "live" }], [false, { state: "ringing" }],
    [true, { assistant: "reception" }], [false, { assistant: "sales" }],
    [true, { since: "2026-01-01", until: "2026-01-04" }], [false, { since: "2026-01-05" }], [false, { until: "2025-12-31" }],
  ])("is shown (%s) with %j", (shown, chosen) =>
    expect(matches(call({ extracted: { item: "Milk" } }), filters(chosen))).toBe(shown));
});

it("keeps calls newest first, and each once", () => {
  const old = call(), newer = call({ id: "01B", started_at: "2026-01-03T12:00:00.000Z" });
  expect(upsert([old], [newer, { ...old, state: "with_agent" }])).toEqual([newer, { ...old, state: "with_agent" }]);
});
