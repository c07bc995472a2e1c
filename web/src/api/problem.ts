import type { ProblemDocument } from "./types";

/** An answer other than 2xx, or none at all: then `status` is 0. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message);
    this.name = "Problem";
  }

  get unreachable(): boolean {
    return this.status === 0;
  }
}

/** Retry-After as seconds; the header is a number or an HTTP date (RFC 9110 §10.2.3). */
export function retryAfter(header: string | null, now: Date): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now.getTime()) / 1000));
}

/** What an error answer says, in one sentence or two. A proxy's HTML is not shown. */
export function describe(document: ProblemDocument | null, status: number): string {
  const fields = document?.errors?.map((error) => `${error.field}: ${error.message}`).join("; ");
  return [document?.detail ?? document?.title ?? `The server answered ${status}.`, fields].filter(Boolean).join(" ");
}
