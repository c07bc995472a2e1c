// A copied tab has its session too. Whoever takes the call up tells the others, which then let go instead of fighting.

interface Taken {
  call_id: string;
  tab: string;
}

export class Takeover {
  private readonly channel = new BroadcastChannel("parley.call");
  private readonly tab = String(Math.random());

  constructor(private readonly taken: (callId: string) => void) {
    this.channel.onmessage = (message: MessageEvent<Taken>) => {
      if (message.data.tab !== this.tab) this.taken(message.data.call_id);
    };
  }

  announce(callId: string): void {
    this.channel.postMessage({ call_id: callId, tab: this.tab } satisfies Taken);
  }
}
