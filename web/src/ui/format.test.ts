import { expect, it } from "vitest";
import { cause, channel, clock, milliseconds, party, tool, value, waitWords, when, words } from "./format";

it.each([[0, "0:00"], [65_000, "1:05"], [3_600_000, "1:00:00"], [-5, "0:00"]])("tells %i ms as the time %s", (ms, text) => expect(clock(ms)).toBe(text));

it.each([[1, "1 second"], [0, "1 second"], [59, "59 seconds"], [60, "1 minute"], [61, "2 minutes"], [900, "15 minutes"]])(
  "rounds a wait of %i s up to %s", (seconds, text) => expect(waitWords(seconds)).toBe(text));

it.each([[640, "640 ms"], [0, "under 1 ms"], [1640, "1.6 s"], [null, "–"], [undefined, "–"], [Number.NaN, "–"]])("tells %s ms as %s", (ms, text) => expect(milliseconds(ms)).toBe(text));

it.each([["with_assistant", "With assistant"], ["", ""], [null, ""]])("makes words of %s", (name, text) => expect(words(name)).toBe(text));

it.each([
  ["sip:alice@example.com", "alice"], ['"Alice" <sip:alice@example.com;transport=tcp>', "alice"], ["sip:example.com", "example.com"],
  ["+15551234567", "+15551234567"], ["1000", "1000"], ["", "Unknown"], [null, "Unknown"],
])("calls %s %s", (address, name) => expect(party(address)).toBe(name));

it("tells a day as people do", () => {
  const now = new Date(2026, 0, 3, 15, 0);
  expect(when(new Date(2026, 0, 3, 14, 3).toISOString(), now, "en-GB")).toBe("Today 14:03");
  expect(when(new Date(2026, 0, 2, 14, 3).toISOString(), now, "en-GB")).toBe("Yesterday 14:03");
  expect(when(new Date(2026, 0, 1, 14, 3).toISOString(), now, "en-GB")).toBe("1 Jan 14:03");
  expect(when(new Date(2025, 0, 1, 14, 3).toISOString(), now, "en-GB")).toBe("1 Jan 2025 14:03");
  expect(when(null, now)).toBe("–");
});

it.each([[null, "–"], [["a", 2], "a, 2"], [true, "Yes"], [{ a: 1 }, '{"a":1}'], [0, "0"]])("shows the value %j as %s", (of, text) => expect(value(of)).toBe(text));

it("says why a call ended, and how it came, as people would", () => {
  expect([cause("caller_hangup"), cause("no_answer"), cause(null)]).toEqual(["Caller hung up", "No answer", "Ended"]);
  expect([channel("sip"), channel("twilio")]).toEqual(["SIP", "Twilio"]);
});

it.each([["todo", "To-do list"], ["search_orders", "Search orders"]])("calls the tool %s what people call it", (name, text) => expect(tool(name)).toBe(text));
