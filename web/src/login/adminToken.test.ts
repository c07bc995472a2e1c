import { describe, expect, it, vi } from "vitest";
import { takeToken } from "./adminToken";

describe("the token in the address", () => {
  it("is taken, and cleared from the address bar", () => {
    const replaceState = vi.fn();
    expect(takeToken({ hash: "#token=abc", pathname: "/calls", search: "?x=1" }, { replaceState })).toBe("abc");
    expect(replaceState).toHaveBeenCalledWith(null, "", "/calls?x=1");
  });
  it("leaves other addresses alone", () => {
    const replaceState = vi.fn();
    expect(takeToken({ hash: "#top", pathname: "/", search: "" }, { replaceState })).toBeNull();
    expect(replaceState).not.toHaveBeenCalled();
  });
});
