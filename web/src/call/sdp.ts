// The little that a page has to know about SDP: an ICE restart over PATCH (RFC 9725 §4.3.3, fragments of RFC 8840 §9).

const lines = (sdp: string): string[] => sdp.split(/\r?\n/).filter((line) => line !== "");
const isIce = (line: string): boolean => /^a=(ice-ufrag|ice-pwd|candidate|end-of-candidates)\b/.test(line);

function attribute(sdp: string, name: string): string | null {
  return lines(sdp).find((line) => line.startsWith(`a=${name}:`))?.slice(name.length + 3) ?? null;
}

export const ufragOf = (sdp: string): string => attribute(sdp, "ice-ufrag") ?? "";

/** Our side of an ICE restart: the new credentials and candidates of an offer. Null when it has no credentials. */
export function iceFragment(offer: string): string | null {
  const ufrag = attribute(offer, "ice-ufrag");
  const password = attribute(offer, "ice-pwd");
  if (!ufrag || !password) return null;
  return [
    `a=ice-ufrag:${ufrag}`, `a=ice-pwd:${password}`,
    lines(offer).find((line) => line.startsWith("m=")) ?? "m=audio 9 UDP/TLS/RTP/SAVPF 0",
    `a=mid:${attribute(offer, "mid") ?? "0"}`,
    ...lines(offer).filter((line) => line.startsWith("a=candidate:")),
    "",
  ].join("\r\n");
}

/** The answer to the restarted offer: the one we have, with the server's new credentials and candidates. */
export function restartedAnswer(answer: string, fragment: string): string | null {
  if (!attribute(fragment, "ice-ufrag") || !attribute(fragment, "ice-pwd")) return null;
  const fresh = [
    ...lines(fragment).filter((line) => /^a=ice-(ufrag|pwd):/.test(line)).slice(0, 2),
    ...lines(fragment).filter((line) => /^a=(candidate:|end-of-candidates)/.test(line)),
  ];
  const kept = lines(answer).filter((line) => !isIce(line));
  const media = kept.findIndex((line) => line.startsWith("m="));
  if (media < 0) return null;
  // Behind m= and c=: RFC 8866 §5 wants the attributes last.
  let at = media + 1;
  while (kept[at] && !kept[at]!.startsWith("a=")) ++at;
  return [...kept.slice(0, at), ...fresh, ...kept.slice(at), ""].join("\r\n");
}
