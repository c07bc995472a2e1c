// One call, several pages: a copied tab has its session, too, and another device may have it. Whoever takes the call up
// tells the others, which then let go instead of fighting, and see its end from afar.
import { EventStream } from "../api/events";

interface Taken {
  call_id: string;
  tab: string;
}

interface Listener {
  /** Another tab of this browser has this call now. */
  taken(callId: string): void;
  /** The call that is watched has ended. */
  ended(cause: string | null): void;
}

export class Takeover {
  private readonly channel = new BroadcastChannel("parley.call");
  private readonly tab = String(Math.random());
  private stream: EventStream | null = null;

  constructor(private readonly listener: Listener) {
    this.channel.onmessage = (message: MessageEvent<Taken>) => {
      if (message.data.tab !== this.tab) this.listener.taken(message.data.call_id);
    };
  }

  announce(callId: string): void {
    this.channel.postMessage({ call_id: callId, tab: this.tab } satisfies Taken);
  }

  /** A call that another page has. */
  watch(callId: string): void {
    this.forget();
    this.stream = new EventStream({
      event: ({ call_id, type, data }) => {
        if (call_id !== callId || type !== "call.ended") return;
        this.forget();
        this.listener.ended(typeof data.cause === "string" ? data.cause : null);
      },
    }, callId);
  }

  forget(): void {
    this.stream?.close();
    this.stream = null;
  }
}
