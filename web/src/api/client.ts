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
export async function request(method: string, path: string, body?: unknown, type = "application/json"): Promise<Response> {
  const init: RequestInit = { method, signal: AbortSignal.timeout(deadline_ms), credentials: "same-origin" };
  if (body !== undefined) {
    init.body = typeof body === "string" ? body : JSON.stringify(body);
    init.headers = { "Content-Type": type };
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
  show: () => json<Session>("GET", "/api/v1/sessions"),
  logIn: (pin: string) => request("POST", "/api/v1/sessions", { pin }),
  logInAsAdmin: (token: string) => request("POST", "/api/v1/sessions", { admin_token: token }),
  logOut: () => request("DELETE", "/api/v1/sessions"),
};

export const calls = {
  list: (query: URLSearchParams) => json<CallPage>("GET", `/api/v1/calls?${query}`),
  show: (id: string) => json<CallDetail>("GET", callPath(id)),
  hangUp: (id: string) => request("DELETE", callPath(id)),
  input: (id: string, text: string) => request("POST", `${callPath(id)}/input`, { text }),
};

export const webrtc = {
  /** With the token of a session whose call still lives, the answer belongs to that same call. */
  offer: (sdp: string, token: string | null, to: string | null) =>
    json<Answer>("POST", "/webrtc/offer", { sdp, type: "offer", ...(to && { to }), ...(token && { session: token }) }),
  /** An ICE restart; the answer is the server's side of it (RFC 9725 §4.3). */
  restart: async (id: string, fragment: string) =>
    (await request("PATCH", offerPath(id), fragment, "application/trickle-ice-sdpfrag")).text(),
  hangUp: (id: string) => request("DELETE", offerPath(id)),
};
