import { describe, expect, it } from "vitest";
import { iceFragment, restartedAnswer, ufragOf } from "./sdp";

const offer = [
  "v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0",
  "a=candidate:1 1 udp 2113937151 192.0.2.7 50000 typ host", "a=ice-ufrag:new1", "a=ice-pwd:secretsecretsecretsecret",
  "a=fingerprint:sha-256 AA:BB", "a=setup:actpass", "a=mid:0", "a=sendrecv", "",
].join("\r\n");

const answer = [
  "v=0", "o=- 9 1 IN IP4 192.0.2.1", "s=-", "t=0 0", "a=ice-lite", "m=audio 8189 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 192.0.2.1",
  "a=ice-ufrag:old", "a=ice-pwd:oldoldoldoldoldoldoldold", "a=candidate:1 1 udp 2130706431 192.0.2.1 8189 typ host",
  "a=end-of-candidates", "a=fingerprint:sha-256 CC:DD", "a=setup:passive", "a=mid:0", "",
].join("\r\n");

const fragment = "a=ice-lite\r\na=ice-ufrag:fresh\r\na=ice-pwd:freshfreshfreshfreshfresh\r\n" +
  "m=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:2 1 udp 2130706431 192.0.2.1 8190 typ host\r\na=end-of-candidates\r\n";

describe("iceFragment", () => {
  it("carries credentials, media line, mid and candidates", () =>
    expect(iceFragment(offer)).toBe("a=ice-ufrag:new1\r\na=ice-pwd:secretsecretsecretsecret\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" +
      "a=mid:0\r\na=candidate:1 1 udp 2113937151 192.0.2.7 50000 typ host\r\n"));
  it("is nothing without credentials", () => expect(iceFragment("v=0\r\n")).toBeNull());
});

describe("restartedAnswer", () => {
  it("changes what ICE needs, and nothing of DTLS", () => {
    const restarted = restartedAnswer(answer, fragment)!;
    expect(restarted).toContain("a=ice-ufrag:fresh\r\n");
    expect(restarted).toContain("192.0.2.1 8190 typ host");
    expect(restarted).toContain("a=fingerprint:sha-256 CC:DD\r\na=setup:passive");
    expect(restarted).not.toMatch(/old| 8189 typ host/);
    expect(restarted.match(/a=ice-lite/g)).toHaveLength(1);
  });
  it("keeps the attributes behind the connection line", () =>
    expect(restartedAnswer(answer, fragment)).toMatch(/m=audio[^\n]*\nc=IN[^\n]*\na=ice-ufrag:fresh/));
  it("is nothing when either side cannot be used", () => {
    expect(restartedAnswer(answer, "a=mid:0\r\n")).toBeNull();
    expect(restartedAnswer("v=0\r\n", fragment)).toBeNull();
  });
});

it("knows an offer by its ufrag", () => {
  expect(ufragOf(offer)).toBe("new1");
  expect(ufragOf("v=0\r\n")).toBe("");
});
