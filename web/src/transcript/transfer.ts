import type { CallEvent } from "../api/types";
import { party } from "../ui/format";

export type TransferStage = "calling" | "ringing" | "answered" | "joined" | "failed" | "declined";

/** The way to a person, as far as its events have told. A transfer that was cancelled is none. */
export interface Transfer {
  /** As the caller is told it; null while nobody has said. */
  name: string | null;
  stage: TransferStage;
  /** Why it failed, as the events name it. */
  cause: string | null;
}

const text = (value: unknown): string => (typeof value === "string" ? value.trim() : "");

/** sip:2001@pbx.example.com → 2001, queue:support → support. */
function target(to: string): string {
  return to.startsWith("queue:") ? to.slice("queue:".length) : party(to);
}

function nameIn(event: CallEvent): string | null {
  const { name, to } = event.data;
  return text(name) || (text(to) && target(text(to))) || null;
}

const stages: Record<string, TransferStage> = {
  "transfer.started": "calling", "transfer.ringing": "ringing", "transfer.answered": "answered", "transfer.briefing": "answered",
  "transfer.completed": "joined", "transfer.failed": "failed", "transfer.declined": "declined",
};

/** The transfer after a `transfer.*` event. */
export function followTransfer(before: Transfer | null, event: CallEvent): Transfer | null {
  const stage = stages[event.type];
  if (!stage) return event.type === "transfer.cancelled" ? null : before;
  const known = event.type === "transfer.started" ? null : (before?.name ?? null);
  return { name: known ?? nameIn(event), stage, cause: stage === "failed" ? text(event.data.cause) || null : null };
}

export const underWay = (transfer: Transfer | null): boolean =>
  transfer !== null && (transfer.stage === "calling" || transfer.stage === "ringing" || transfer.stage === "answered");

/** An extension's number is no name to begin a sentence with. */
export const whom = ({ name }: Transfer): string => (name === null ? "an agent" : /^\d{1,6}$/.test(name) ? `extension ${name}` : name);

const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** What has become of it, in one sentence. */
export function transferWords(transfer: Transfer): string {
  const who = whom(transfer);
  switch (transfer.stage) {
    case "calling": return `Calling ${who}…`;
    case "ringing": return `Ringing ${who}…`;
    case "answered": return sentence(`${who} has answered`);
    case "joined": return `Connected to ${who}`;
    case "declined": return sentence(`${who} declined the call`);
    case "failed":
      switch (transfer.cause) {
        case "busy": return sentence(`${who} is busy`);
        case "no_answer": return sentence(`${who} did not answer`);
        case "rejected":
        case "declined": return sentence(`${who} declined the call`);
        case "hung_up": return sentence(`${who} hung up before you were connected`);
        case "no_agent": return sentence(`${who} is not available`);
        default: return sentence(`${who} cannot be reached`);
      }
  }
}
