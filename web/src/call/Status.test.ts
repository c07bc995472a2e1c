import { describe, expect, it } from "vitest";
import { type Activity, emptyView } from "../transcript/view";
import { takenOver } from "./problems";
import { stateWords } from "./Status";

const words = (activity: Activity, transferTo: string | null = null) =>
  stateWords({ phase: "live", trouble: null, view: { ...emptyView(), activity, transferTo } });

describe("the call's state in words", () => {
  it.each<[Activity, string]>([
    ["connecting", "Connecting…"], ["listening", "Listening"], ["thinking", "Thinking"], ["speaking", "Speaking"],
    ["hold", "On hold"], ["transferring", "Transferring to an agent"], ["ended", "Call ended"],
  ])("says of %s: %s", (activity, said) => expect(words(activity)).toBe(said));

  it("names the agent where it is known", () => {
    expect(words("transferring", "Support")).toBe("Transferring to Support");
    expect(words("with_agent", "Support")).toBe("With Support");
  });

  it("does not call a call ended that goes on elsewhere", () =>
    expect(stateWords({ phase: "over", trouble: takenOver, view: emptyView() })).toBe("In another tab"));
});
