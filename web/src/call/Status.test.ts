import { describe, expect, it } from "vitest";
import { type Activity, emptyView } from "../transcript/view";
import { elsewhere, takenOver, unreachable } from "./problems";
import { stateWords } from "./Status";

const words = (activity: Activity, name?: string) =>
  stateWords({ phase: "live", trouble: null, view: { ...emptyView(), activity, transfer: name ? { name, stage: "calling", cause: null } : null } });

describe("the call's state in words", () => {
  it.each<[Activity, string]>([
    ["connecting", "Connecting…"], ["listening", "Listening"], ["thinking", "Thinking"], ["speaking", "Speaking"],
    ["hold", "On hold"], ["transferring", "Transferring to an agent"], ["ended", "Call ended"],
  ])("says of %s: %s", (activity, said) => expect(words(activity)).toBe(said));

  it("names the agent where it is known", () => {
    expect(words("transferring", "Support")).toBe("Transferring to Support");
    expect(words("with_agent", "Support")).toBe("Talking to Support");
  });

  it("does not call a call ended that goes on elsewhere", () =>
    expect(stateWords({ phase: "over", trouble: takenOver, view: emptyView() })).toBe("In another tab"));

  it("is not ready while something is in the way", () =>
    expect(stateWords({ phase: "idle", trouble: unreachable, view: emptyView() })).toBe("Not connected"));

  it("says that the caller is in a call already", () =>
    expect(stateWords({ phase: "idle", trouble: elsewhere, view: emptyView() })).toBe("In a call already"));
});
