/** What a desk got of one event. */
export interface SeenEvent {
  readonly eventId: string;
  readonly position: number;
}

/** Someone who watches a call while it happens, over server-sent events: one HTTP request whose answer goes on. */
export class Desk {
  readonly seen: SeenEvent[] = [];
  private watching: Promise<void> = Promise.resolve();

  constructor(private readonly url: string) {}

  /** Begins to follow; goes on by itself. */
  follow(query: string, variables: object): void {
    this.watching = this.watch(query, variables);
  }

  /** Resolves when the session has ended and everything of it has been seen. */
  seenToTheEnd(): Promise<void> {
    return this.watching;
  }

  private async watch(query: string, variables: object): Promise<void> {
    const response = await fetch(this.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query, variables }),
    });
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const messages = (text + chunk).split('\n\n');
      text = messages.pop()!;
      for (const message of messages) this.take(message);
    }
  }

  private take(message: string): void {
    const data = /^data: (.+)$/m.exec(message)?.[1];
    if (data === undefined) return;
    const { data: result } = JSON.parse(data) as { data: { eventAdded: SeenEvent } };
    this.seen.push(result.eventAdded);
  }
}
