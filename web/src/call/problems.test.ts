import { describe, expect, it } from "vitest";
import { Problem } from "../api/problem";
import { refusedCall, refusedTransfer } from "./problems";

describe("a call that was not begun", () => {
  it("asks those to log in who have to", () => expect(refusedCall(new Problem(401, "no")).remedy).toBe("log_in"));
  it("says when lines are free again", () => expect(refusedCall(new Problem(503, "full", 30)).text).toBe("Try again in 30 seconds."));
  it("tells what else the server says", () => expect(refusedCall(new Problem(404, "There is no such extension.")).text).toBe("There is no such extension."));
});

describe("a person who was not called", () => {
  it("is said to be none where no transfer is set up", () => expect(refusedTransfer(new Problem(404, "no such path")).title).toBe("No one is available right now"));
  it("gives the server's reason where the state is wrong", () => expect(refusedTransfer(new Problem(409, "A transfer is under way.")).text).toBe("A transfer is under way."));
  it("tells a lost server apart", () => expect(refusedTransfer(new Problem(0, "")).text).toMatch(/cannot be reached/));
});
