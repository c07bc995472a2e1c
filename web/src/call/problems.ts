// What went wrong, in the caller's words, and what they can do.
import type { Problem } from "../api/problem";
import { waitWords } from "../ui/format";
import type { MicrophoneProblem } from "./microphone";

export interface Trouble {
  id: string;
  title: string;
  text: string;
  /** What the button under it does, if there is one. */
  remedy?: "retry" | "type" | "log_in" | "take_over";
}

const microphone: Record<MicrophoneProblem, Trouble> = {
  refused: {
    id: "microphone-refused", title: "The microphone is blocked", remedy: "type",
    text: "Allow it for this page (the icon beside the address), then call again. Or call without it and type.",
  },
  missing: {
    id: "microphone-missing", title: "There is no microphone", remedy: "type",
    text: "Plug one in and call again. Or call without it and type.",
  },
  busy: {
    id: "microphone-busy", title: "The microphone is in use", remedy: "type",
    text: "Another program holds it. Close that one and call again. Or call without it and type.",
  },
  insecure: {
    id: "insecure", title: "This address is not secure", remedy: "type",
    text: "Browsers allow the microphone over HTTPS or on localhost only. Open this page there. Or call without it and type.",
  },
};

export const microphoneTrouble = (problem: MicrophoneProblem): Trouble => microphone[problem];

export const unreachable: Trouble = {
  id: "unreachable", title: "The server cannot be reached", text: "Check your connection, then try again.", remedy: "retry",
};

export const expired: Trouble = {
  id: "expired", title: "Your session has expired", text: "The call is over. Log in again to start another one.", remedy: "log_in",
};

export const takenOver: Trouble = {
  id: "taken-over", title: "The call goes on in another tab", text: "Or on another device: it was taken up there.", remedy: "take_over",
};

/** Found when the page opens: this session has a call that goes on without this page. */
export const elsewhere: Trouble = {
  id: "elsewhere", title: "You are in a call already", text: "It goes on in another tab or on another device.", remedy: "take_over",
};

export const connectionLost: Trouble = {
  id: "connection-lost", title: "The connection was lost", text: "It did not come back within 30 seconds, so the call has ended.", remedy: "retry",
};

/** Why a call was not begun. */
export function refusedCall(problem: Problem): Trouble {
  if (problem.unreachable) return unreachable;
  const later = problem.retryAfterSeconds === null ? "in a moment" : `in ${waitWords(problem.retryAfterSeconds)}`;
  switch (problem.status) {
    case 401:
    case 403: return { id: "log-in", title: "Please log in first", text: "This line is for people with a PIN.", remedy: "log_in" };
    case 429: return { id: "too-many", title: "Too many calls", text: `Try again ${later}.`, remedy: "retry" };
    case 503: return { id: "busy", title: "All lines are busy", text: `Try again ${later}.`, remedy: "retry" };
    default: return { id: "refused", title: "The call was refused", text: problem.message, remedy: "retry" };
  }
}

/** Why a PIN did not log in. */
export function refusedPin(problem: Problem): Trouble {
  if (problem.unreachable) return unreachable;
  if (problem.status === 429) {
    return {
      id: "locked", title: "Too many wrong PINs",
      text: `Log-in is locked. Try again in ${waitWords(problem.retryAfterSeconds ?? 900)}.`,
    };
  }
  if (problem.status === 401 || problem.status === 403) return { id: "wrong-pin", title: "That PIN is not right", text: "Check it and try again." };
  return { id: "log-in-failed", title: "Log-in failed", text: problem.message };
}

const causes: Record<string, string> = {
  caller_hangup: "You hung up.", assistant_hangup: "The assistant said goodbye.", agent_hangup: "The agent hung up.",
  api: "The call was ended by the operator.", idle: "Nobody said anything for a while.", limit: "The longest time for a call was reached.",
  drained: "The service is being restarted.", media_timeout: "The connection was lost.", failed: "Something went wrong.",
  transferred: "The call was handed over.", rejected: "The call was refused.", interrupted: "The service was interrupted.",
};

export const endWords = (cause: string | null): string => (cause && causes[cause]) || "The call has ended.";

/** Why nobody was called when the caller asked for a person. */
export function refusedTransfer(problem: Problem): Pick<Trouble, "title" | "text"> {
  if (problem.unreachable) return { title: "Nobody was called", text: "The server cannot be reached." };
  if (problem.status === 409 || problem.status === 429) return { title: "Nobody was called", text: problem.message };
  return { title: "No one is available right now", text: "Parley goes on helping you." };
}
