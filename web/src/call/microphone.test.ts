import { describe, expect, it } from "vitest";
import { constraintsOf, defaultChoice, problemOf } from "./microphone";

describe("the microphone", () => {
  it("has echo cancellation, noise suppression and gain control on by default", () =>
    expect(constraintsOf(defaultChoice)).toMatchObject({ echoCancellation: true, noiseSuppression: true, autoGainControl: true }));
  it("is any when none was chosen, else preferably the chosen one", () => {
    expect(constraintsOf(defaultChoice)).not.toHaveProperty("deviceId");
    expect(constraintsOf({ ...defaultChoice, microphone: "m1" }).deviceId).toEqual({ ideal: "m1" });
  });
  it.each([["NotAllowedError", "refused"], ["NotFoundError", "missing"], ["NotReadableError", "busy"], ["", "refused"]])(
    "that fails with %s is %s", (name, problem) => expect(problemOf(name)).toBe(problem));
});
