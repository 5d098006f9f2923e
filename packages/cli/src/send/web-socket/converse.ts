import type { Clock, Timer } from '@lamella/service-core';
import type { WebSocketClose, WebSocketConnection, WebSocketData } from '@lamella/ws';
import type { SocketInput } from './socket-input.ts';

/** Who talks to whom. */
export interface Conversation {
  readonly socket: WebSocketConnection;
  /** Sent before anything of the input. */
  readonly first: readonly WebSocketData[];
  readonly input: Pick<SocketInput, 'lines' | 'closesAtEnd' | 'close'>;
  /** Shows a message; the next one is taken when that is done. */
  readonly show: (message: WebSocketData) => Promise<void>;
  /** Silence after the end of the input after which everything has been said, in milliseconds. */
  readonly waitMs: number;
  readonly clock: Clock;
}

/**
 * Sends lines and shows messages until one side closes.
 *
 * @returns How the WebSocket ended. Nothing is left behind: no timer, and nobody who waits for the input.
 * @throws What the input or `show` failed with; the WebSocket is closed with 1001 then.
 */
export async function converse(conversation: Conversation): Promise<WebSocketClose> {
  const { socket, input } = conversation;
  const silence = new Silence(conversation);
  const work = [receiveAll(conversation, silence), sendAll(conversation, silence)];
  for (const part of work) part.catch(() => void socket.close(1001));
  const settled = Promise.allSettled(work);
  const close = await socket.closed;
  input.close();
  const failed = (await settled).find((result) => result.status === 'rejected');
  silence.end();
  if (failed !== undefined) throw failed.reason;
  return close;
}

async function receiveAll({ socket, show }: Conversation, silence: Silence): Promise<void> {
  for (;;) {
    // How it ended is told by `closed`, to whoever asks.
    const message = await socket.receive().catch(() => undefined);
    if (message === undefined) return;
    await show(message);
    silence.broken();
  }
}

async function sendAll({ socket, first, input }: Conversation, silence: Silence): Promise<void> {
  for (const message of first) await sent(socket, message);
  for await (const line of input.lines) await sent(socket, line);
  if (input.closesAtEnd) void socket.close();
  else silence.begin();
}

/** Waits until there is room for more. What can't be sent any more is lost; how that came is told by `closed`. */
async function sent(socket: WebSocketConnection, message: WebSocketData): Promise<void> {
  await socket.send(message)?.catch(() => {});
}

/** Closes when nothing has come for long, once that counts. */
class Silence {
  readonly #conversation: Pick<Conversation, 'socket' | 'waitMs' | 'clock'>;
  #timer: Timer | undefined;
  #counts = false;

  constructor(conversation: Pick<Conversation, 'socket' | 'waitMs' | 'clock'>) {
    this.#conversation = conversation;
  }

  begin(): void {
    this.#counts = true;
    this.broken();
  }

  broken(): void {
    if (!this.#counts) return;
    const { socket, waitMs, clock } = this.#conversation;
    this.#timer?.cancel();
    this.#timer = clock.startTimer(waitMs, () => void socket.close());
  }

  end(): void {
    this.#counts = false;
    this.#timer?.cancel();
  }
}
