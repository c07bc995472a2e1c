import { backoffMs } from "./backoff";
import type { CallEvent } from "./types";

export type StreamState = "connecting" | "open" | "lost";

interface Listener {
  event(event: CallEvent): void;
  state?(state: StreamState): void;
  /** Events may have been missed: what is shown should be fetched again. */
  gap?(): void;
}

/** The event WebSocket. Comes back by itself after the last event it saw; the server replays what was missed. */
export class EventStream {
  private socket: WebSocket | null = null;
  private cursor: string | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private closed = false;
  private everOpen = false;

  constructor(private readonly listener: Listener, private readonly callId: string | null = null) {
    this.connect();
    addEventListener("online", this.hurry);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    removeEventListener("online", this.hurry);
    this.socket?.close();
  }

  private readonly hurry = (): void => {
    if (this.closed || this.socket?.readyState === WebSocket.OPEN) return;
    this.attempt = 0;
    clearTimeout(this.timer);
    this.connect();
  };

  private connect(): void {
    const url = new URL("/api/v1/events", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    if (this.callId) url.searchParams.set("call", this.callId);
    if (this.cursor) url.searchParams.set("after", this.cursor);
    this.listener.state?.("connecting");
    const socket = new WebSocket(url);
    const previous = this.socket;
    this.socket = socket;
    previous?.close();
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.attempt = 0;
      this.listener.state?.("open");
      if (this.everOpen && !this.cursor) this.listener.gap?.();
      this.everOpen = true;
    };
    socket.onmessage = (message) => {
      const event = JSON.parse(String(message.data)) as CallEvent;
      if (event.cursor) this.cursor = event.cursor;
      this.listener.event(event);
    };
    socket.onclose = () => {
      if (this.closed || this.socket !== socket) return;
      // A refused upgrade looks like any other failure here. The cursor may be what was refused (410): go on without it.
      if (!opened && this.cursor && this.attempt > 0) this.cursor = null;
      this.listener.state?.("lost");
      this.timer = setTimeout(() => this.connect(), backoffMs(this.attempt++));
    };
  }
}
