import { describe, expect, it } from "vitest";
import { followTransfer, type Transfer, transferWords, underWay, whom } from "./transfer";

type Told = [type: string, data?: Record<string, unknown>];
const after = (...events: Told[]): Transfer | null =>
  events.reduce<Transfer | null>((transfer, [type, data], index) =>
    followTransfer(transfer, { seq: index + 1, at: "", call_id: "c1", type: `transfer.${type}`, data: data ?? {} }), null);

describe("a transfer", () => {
  it.each<[string, Told[]]>([
    ["Calling Support…", [["started", { to: "2001", name: "Support" }]]],
    ["Ringing Support…", [["started", { to: "2001", name: "Support" }], ["ringing"]]],
    ["Support has answered", [["started", { name: "Support" }], ["ringing"], ["answered"]]],
    ["Support has answered", [["started", { name: "Support" }], ["answered"], ["briefing"]]],
    ["Connected to Support", [["started", { name: "Support" }], ["completed"]]],
    ["Support is busy", [["started", { name: "Support" }], ["failed", { cause: "busy" }]]],
    ["Support did not answer", [["started", { name: "Support" }], ["failed", { cause: "no_answer" }]]],
    ["Support is not available", [["started", { name: "Support" }], ["failed", { cause: "no_agent" }]]],
    ["Support hung up before you were connected", [["started", { name: "Support" }], ["answered"], ["failed", { cause: "hung_up" }]]],
    ["Support declined the call", [["started", { name: "Support" }], ["failed", { cause: "rejected" }]]],
    ["Support declined the call", [["started", { name: "Support" }], ["declined"]]],
    ["Support cannot be reached", [["started", { name: "Support" }], ["failed", { cause: "no_route" }]]],
    ["Extension 2001 cannot be reached", [["started", { to: "2001" }], ["failed"]]],
    ["An agent is busy", [["failed", { cause: "busy" }]]],
  ])("is told as: %s", (said, events) => expect(transferWords(after(...events)!)).toBe(said));

  it("is none when it was cancelled", () => expect(after(["started", { to: "2001" }], ["cancelled"])).toBeNull());

  it("keeps its name when later events have only the address", () =>
    expect(after(["started", { to: "2001", name: "Support" }], ["ringing", { to: "2001" }])?.name).toBe("Support"));

  it("names the next one anew", () =>
    expect(after(["started", { name: "Support" }], ["failed"], ["started", { name: "Sales" }])?.name).toBe("Sales"));

  it("is under way until it is joined or has failed", () => {
    expect(underWay(after(["started"], ["ringing"]))).toBe(true);
    expect(underWay(after(["started"], ["completed"]))).toBe(false);
    expect(underWay(null)).toBe(false);
  });

  it("says addresses as people do", () => {
    expect(whom(after(["started", { to: "sip:anna@pbx.example.com" }])!)).toBe("anna");
    expect(whom(after(["started", { to: "queue:support" }])!)).toBe("support");
    expect(whom(after(["started", { to: "+15551234567" }])!)).toBe("+15551234567");
  });

  it("lets events pass that it does not know", () => expect(after(["started", { name: "Support" }], ["pondered"])?.stage).toBe("calling"));
});
