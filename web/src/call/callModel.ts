// What the page shows of the caller's call.
import { type CallView, emptyView } from "../transcript/view";
import { type DeviceChoice, deviceChoice } from "./microphone";
import type { Trouble } from "./problems";
import type { Quality } from "./quality";

export type Phase = "idle" | "starting" | "live" | "recovering" | "over";

export interface CallModel {
  phase: Phase;
  trouble: Trouble | null;
  callId: string | null;
  view: CallView;
  muted: boolean;
  /** The caller types: there is no microphone. */
  typed: boolean;
  volume: number;
  choice: DeviceChoice;
  quality: Quality | null;
  /** The browser wants a click before it plays sound. */
  soundBlocked: boolean;
  startedAt: number | null;
  /** From the button to the connection, and from the caller's last words to the first sound that came back. */
  setupMs: number | null;
  latenciesMs: number[];
  /** A person was asked for, and nothing has come of it yet; or why nobody was called. */
  askingForPerson: boolean;
  noPerson: Pick<Trouble, "title" | "text"> | null;
}

export const firstModel: CallModel = {
  phase: "idle", trouble: null, callId: null, view: emptyView(), muted: false, typed: false, volume: 1,
  choice: deviceChoice.load(), quality: null, soundBlocked: false, startedAt: null, setupMs: null, latenciesMs: [],
  askingForPerson: false, noPerson: null,
};
