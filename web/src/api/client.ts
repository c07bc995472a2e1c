import { describe, Problem, retryAfter } from "./problem";
import type { Answer, CallDetail, CallPage, ProblemDocument, Session } from "./types";

const deadline_ms = 15_000;

async function problemOf(response: Response): Promise<Problem> {
  let document: ProblemDocument | null = null;
  if (response.headers.get("Content-Type")?.includes("json")) {
    document = (await response.json().catch(() => null)) as ProblemDocument | null;
  }
  return new Problem(response.status, describe(document, response.status),
    retryAfter(response.headers.get("Retry-After"), new Date()));
}

/** Throws a Problem when the answer is not 2xx, or none comes. The session's cookie goes along by itself. */
export async function request(method: string, path: string, body?: unknown, headers: Record<string, string> = { "Content-Type": "application/json" }): Promise<Response> {
  const init: RequestInit = { method, signal: AbortSignal.timeout(deadline_ms), credentials: "same-origin" };
  if (body !== undefined) {
    init.body = typeof body === "string" ? body : JSON.stringify(body);
    init.headers = headers;
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new Problem(0, "The server cannot be reached.");
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function json<T>(method: string, path: string, body?: unknown): Promise<T> {
  return (await (await request(method, path, body)).json()) as T;
}

const callPath = (id: string) => `/api/v1/calls/${encodeURIComponent(id)}`;
const offerPath = (id: string) => `/webrtc/offer/${encodeURIComponent(id)}`;

export const session = {
  /** `to`: the extension that `may_call` is about. */
  show: (to: string | null = null) => json<Session>("GET", `/api/v1/sessions${to ? `?to=${encodeURIComponent(to)}` : ""}`),
  logIn: (pin: string) => request("POST", "/api/v1/sessions", { pin }),
  logInAsAdmin: (token: string) => request("POST", "/api/v1/sessions", { admin_token: token }),
  logOut: () => request("DELETE", "/api/v1/sessions"),
};

export const calls = {
  list: (query: URLSearchParams) => json<CallPage>("GET", `/api/v1/calls?${query}`),
  show: (id: string) => json<CallDetail>("GET", callPath(id)),
  hangUp: (id: string) => request("DELETE", callPath(id)),
  input: (id: string, text: string) => request("POST", `${callPath(id)}/input`, { text }),
  /** To whom the assistant hands over. */
  transfer: (id: string) => request("POST", `${callPath(id)}/transfer`, {}),
  cancelTransfer: (id: string) => request("DELETE", `${callPath(id)}/transfer`),
};

/** A call to `to`; or one that goes on, by the token of an earlier answer or, with the cookie, by its id. */
export type Aim = { to?: string } | { session: string } | { call_id: string };

export const webrtc = {
  offer: (sdp: string, aim: Aim) => json<Answer>("POST", "/webrtc/offer", { sdp, type: "offer", ...aim }),
  /** An ICE restart; the answer is the server's side of it (RFC 9725 §4.3). `ufrag` is the server's so far: refused with
   *  412 when another page has the call now. */
  restart: async (id: string, fragment: string, ufrag: string) =>
    (await request("PATCH", offerPath(id), fragment, { "Content-Type": "application/trickle-ice-sdpfrag", "If-Match": `"${ufrag}"` })).text(),
  hangUp: (id: string) => request("DELETE", offerPath(id)),
};
