/** Who reads what fills a {@link MessageQueue}. */
export interface MessageQueueOwner {
  /** A message, or the end, is asked for: there may be room again. */
  onAsked(): void;
}

/** Messages that have come and that nobody has taken yet. */
export class MessageQueue<Message> {
  readonly #owner: MessageQueueOwner;
  /** Made for the first one that has to wait, and gone with the last one: where messages are awaited, none ever does. */
  #messages: { readonly message: Message; readonly bytes: number }[] | undefined;
  #bytes = 0;
  #isAtWork = false;
  #waiter: Waiter<Message> | undefined;
  #end: { readonly error?: unknown } | undefined;
  #room: PromiseWithResolvers<void> | undefined;

  constructor(owner: MessageQueueOwner) {
    this.#owner = owner;
  }

  /** Whether no message waits. */
  get isEmpty(): boolean {
    return this.#messages === undefined;
  }

  /** Whether messages wait, or the last one that was taken may still be worked on: nobody has asked for the next one. */
  get isAtWork(): boolean {
    return this.#messages !== undefined || this.#isAtWork;
  }

  /** Whether more may come. */
  get hasRoom(): boolean {
    return this.#bytes < MAX_QUEUED_BYTES;
  }

  /** Whether somebody waits for a message. */
  get isWaitedFor(): boolean {
    return this.#waiter !== undefined;
  }

  /** @returns A promise to wait for, if there is no room now. Never rejects. */
  whenRoom(): Promise<void> | undefined {
    if (this.hasRoom || this.#end !== undefined) return undefined;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  push(message: Message, bytes: number): void {
    if (this.#end !== undefined) return;
    const waiter = this.#waiter;
    if (waiter === undefined) {
      this.#messages ??= [];
      this.#messages.push({ message, bytes: bytes + MESSAGE_BYTES });
      this.#bytes += bytes + MESSAGE_BYTES;
      return;
    }
    this.#waiter = undefined;
    this.#isAtWork = true;
    waiter.unlisten?.();
    waiter.resolve(message);
  }

  /** Nothing more comes. Whoever takes gets what is queued, then `undefined`, or the error if there is one. */
  end(end: { readonly error?: unknown } = {}): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#releaseRoom();
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    this.#waiter = undefined;
    waiter.unlisten?.();
    if ('error' in end) waiter.reject(end.error);
    else waiter.resolve(undefined);
  }

  take(signal?: AbortSignal): Promise<Message | undefined> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const next = this.#messages?.shift();
    if (this.#messages?.length === 0) this.#messages = undefined;
    this.#isAtWork = next !== undefined;
    if (next !== undefined) this.#bytes -= next.bytes;
    if (this.hasRoom) this.#releaseRoom();
    this.#owner.onAsked();
    if (next !== undefined) return Promise.resolve(next.message);
    if (this.#end !== undefined) {
      return 'error' in this.#end ? Promise.reject(this.#end.error) : Promise.resolve(undefined);
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter<Message> = { resolve, reject, unlisten: undefined };
      this.#waiter = waiter;
      if (signal !== undefined) this.#listen(waiter, signal);
    });
  }

  #listen(waiter: Waiter<Message>, signal: AbortSignal): void {
    const onAbort = (): void => {
      this.#waiter = undefined;
      waiter.reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    waiter.unlisten = () => signal.removeEventListener('abort', onAbort);
  }

  #releaseRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}

interface Waiter<Message> {
  readonly resolve: (message: Message | undefined) => void;
  readonly reject: (error: unknown) => void;
  unlisten: (() => void) | undefined;
}

/** Beyond this the connection is not read any more until somebody takes messages. */
const MAX_QUEUED_BYTES = 65_536;
/** What a message weighs beside its content: empty ones must not be free. */
const MESSAGE_BYTES = 64;
