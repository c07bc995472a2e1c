// The objects of Parley's HTTP API (src/api/openapi.yaml), as far as the pages use them.

export type CallState =
  | "arriving" | "ringing" | "answered" | "with_assistant" | "queued" | "transferring" | "with_agent" | "ended";

export type Speaker = "caller" | "assistant" | "agent" | "supervisor";

export interface Call {
  id: string;
  state: CallState;
  on_hold?: boolean;
  direction: "inbound" | "outbound";
  channel: string;
  from: string;
  to: string;
  assistant?: string | null;
  started_at: string;
  answered_at?: string | null;
  ended_at?: string | null;
  duration_ms?: number;
  end_cause?: string | null;
  turns?: number;
  cost?: { usd: number } | null;
  recording_url?: string | null;
  summary?: string | null;
  extracted?: Record<string, unknown> | null;
  user?: { id: string | null; name: string | null; identity?: string } | null;
  quality?: { mos?: number; packets_lost?: number; jitter_ms?: number; round_trip_ms?: number } | null;
}

export interface Timings {
  stt_final_ms?: number;
  llm_first_token_ms?: number;
  tts_first_audio_ms?: number;
  response_ms?: number;
  own_share_ms?: number;
}

export interface TranscriptEntry {
  seq: number;
  speaker: Speaker;
  text: string;
  started_ms: number;
  ended_ms?: number;
  interrupted?: boolean;
  heard_text?: string | null;
  provider?: string | null;
  timings?: Timings | null;
}

export interface CallEvent {
  cursor?: string;
  seq: number;
  at: string;
  call_id: string | null;
  type: string;
  data: Record<string, unknown>;
}

export interface CallDetail extends Call {
  transcript: TranscriptEntry[];
  events: CallEvent[];
}

export interface CallPage {
  calls: Call[];
  next_cursor: string | null;
}

export type Role = "admin" | "agent" | "supervisor" | "caller" | "monitor";

export interface Session {
  role: Role | null;
  user: { id: string | null; name: string | null } | null;
  call_id: string | null;
  /** Whether an offer would be let in without another log-in. */
  may_call: boolean;
  ice_servers?: RTCIceServer[] | null;
}

export interface ProblemDocument {
  title?: string;
  status?: number;
  detail?: string;
  errors?: { field: string; message: string }[];
}

export interface Answer {
  sdp: string;
  type: "answer";
  call_id: string;
  session: string;
}
