import type { ByteStream, Connection } from '@lamella/net-core';
import { createConnection } from '@lamella/net-core';
import type { Clock, Service } from '@lamella/service-core';
import { AbortScope, TimeoutError } from '@lamella/service-core';
import type { HttpResponse, HttpUpgrade } from '../message/http-response.ts';

/** How long a peer may take to take the head that accepts an upgrade. */
export interface UpgradeLimits {
  readonly clock: Clock;
  readonly writeTimeoutMs: number;
}

/** A connection on its way out of HTTP, and its life after that. */
export class UpgradeRun {
  /** Head of the response that accepts the upgrade. The response itself may hold much, and an upgraded connection lives for long. */
  readonly head: Pick<HttpResponse, 'status' | 'reason' | 'headers'>;
  #upgrade: HttpUpgrade | undefined;
  #state: 'waiting' | 'switched' | 'given-up' = 'waiting';

  constructor({ status, reason, headers }: HttpResponse, upgrade: HttpUpgrade) {
    this.head = { status, reason, headers };
    this.#upgrade = upgrade;
  }

  /** Whether HTTP has no say on the connection any more. */
  get hasSwitched(): boolean {
    return this.#state === 'switched';
  }

  /** The handler is not going to run: frees what it would have used. */
  giveUp(): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'given-up';
    this.#upgrade?.guard?.[Symbol.dispose]();
  }

  /**
   * Runs the handler when the head has been written.
   *
   * @param written - What writing the head returned.
   * @param limits - How long the peer may take to take it, in milliseconds, by which clock.
   * @returns When the handler is done. Rejects if it fails; never because the head could not be written.
   */
  async run(connection: Connection, written: Promise<void> | undefined, limits: UpgradeLimits): Promise<void> {
    this.#state = 'switched';
    try {
      if (written !== undefined) await inTime(written, connection.stream, limits);
    } catch {
      this.#upgrade?.guard?.[Symbol.dispose]();
      return;
    }
    const upgraded = createConnection(connection.stream, {
      extensions: connection.extensions.fork('upgrade'),
      scope: new AbortScope(connection.scope),
    });
    try {
      await this.#takeHandler()?.serve(upgraded);
    } finally {
      upgraded.scope.close();
      connection.stream.destroy(); // whatever the handler has left open
    }
  }

  /** What the handler was made of, such as the request, goes as soon as the handler lets it go. */
  #takeHandler(): Service<Connection, void> | undefined {
    const handler = this.#upgrade?.handler;
    this.#upgrade = undefined;
    return handler;
  }
}

/** The deadlines of HTTP are over by now, those of the handler have not begun. */
async function inTime(written: Promise<void>, stream: ByteStream, limits: UpgradeLimits): Promise<void> {
  const { clock, writeTimeoutMs } = limits;
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
