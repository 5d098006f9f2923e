import type { ByteStream, Connection } from '@lamella/net-core';
import { AlpnSelected, createConnection } from '@lamella/net-core';
import type { Clock } from '@lamella/service-core';
import { TimeoutError } from '@lamella/service-core';
import type { HttpResponse, HttpUpgrade } from '../message/http-response.ts';
import type { ConnectionHolder } from './connection-life.ts';

/** What a connection is upgraded by. */
export interface UpgradeTerms {
  readonly clock: Clock;
  /** How long a peer may take to take the head that accepts an upgrade, in milliseconds. */
  readonly writeTimeoutMs: number;
  /** Hears of it if the handler fails. */
  readonly onError: (error: unknown, request: undefined) => void;
}

/** A connection on its way out of HTTP, and its life after that. */
export class UpgradeRun implements ConnectionHolder {
  readonly #stream: ByteStream;
  /** The response itself may hold much, and an upgraded connection lives for long: each part goes when it is done with. */
  #head: Pick<HttpResponse, 'status' | 'reason' | 'headers'> | undefined;
  #upgrade: HttpUpgrade | undefined;
  readonly #isTunnel: boolean;
  #state: 'waiting' | 'switched' | 'given-up' = 'waiting';

  constructor({ status, reason, headers }: HttpResponse, upgrade: HttpUpgrade, stream: ByteStream) {
    this.#head = { status, reason, headers };
    this.#upgrade = upgrade;
    this.#isTunnel = status !== 101;
    this.#stream = stream;
  }

  /** Head of the response that accepts the upgrade, once. */
  takeHead(): Pick<HttpResponse, 'status' | 'reason' | 'headers'> | undefined {
    const head = this.#head;
    this.#head = undefined;
    return head;
  }

  /** Whether HTTP has no say on the connection any more. */
  get hasSwitched(): boolean {
    return this.#state === 'switched';
  }

  /** The handler is not going to run: frees what it would have used. */
  giveUp(): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'given-up';
    this.#dispose();
  }

  /**
   * Runs the handler when the head has been written.
   *
   * @param written - What writing the head returned.
   */
  run(connection: Connection, written: Promise<void> | undefined, terms: UpgradeTerms): void {
    this.#state = 'switched';
    const { onError } = terms;
    if (written === undefined) this.#serve(connection, onError);
    else
      inTime(written, connection.stream, terms).then(
        () => this.#serve(connection, onError),
        () => this.#dispose(),
      );
  }

  // ---- ConnectionHolder

  get protocol(): string {
    return 'upgrade';
  }

  get isIdle(): boolean {
    return false;
  }

  startDrain(): void {} // what the connection became takes part by itself, and has the grace for its end

  destroy(reason: unknown): void {
    this.#stream.destroy(reason);
  }

  onClosed(): void {}

  // ---- inside

  /** Not `async`: what waits for the end of an idle connection takes memory as long as that lasts. */
  #serve(connection: Connection, onError: UpgradeTerms['onError']): void {
    const { stream, scope, extensions } = connection;
    // What TLS has chosen for the connection says nothing of what is spoken in a tunnel.
    const own = extensions.fork('upgrade', this.#isTunnel ? TUNNEL : undefined);
    const upgraded = createConnection(stream, { scope, extensions: own });
    const end = (): void => stream.destroy(); // whatever the handler has left open
    this.#started(upgraded).then(end, (error: unknown) => {
      end();
      onError(error, undefined);
    });
  }

  /** What the handler was made of, such as the request, goes as soon as the handler lets it go. */
  #started(upgraded: Connection): Promise<void> {
    const upgrade = this.#upgrade;
    this.#upgrade = undefined;
    try {
      return Promise.resolve(upgrade?.handler.serve(upgraded));
    } catch (error) {
      return Promise.reject(error); // a service must not throw, but its connection shall end all the same
    }
  }

  #dispose(): void {
    this.#upgrade?.guard?.[Symbol.dispose]();
    this.#upgrade = undefined;
  }
}

/** The deadlines of HTTP are over by now, those of the handler have not begun. */
async function inTime(written: Promise<void>, stream: ByteStream, terms: UpgradeTerms): Promise<void> {
  const { clock, writeTimeoutMs } = terms;
  const timer = clock.startTimer(writeTimeoutMs, () => {
    const facts = { layer: 'http/1.1', phase: 'write' };
    stream.destroy(new TimeoutError({ limit: 'writeTimeoutMs', timeoutMs: writeTimeoutMs, facts }));
  });
  try {
    await written;
  } finally {
    timer.cancel();
  }
}

const TUNNEL = { hide: [AlpnSelected] } as const;
