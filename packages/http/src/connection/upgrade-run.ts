import type { Connection } from '@lamella/net-core';
import { createConnection } from '@lamella/net-core';
import { AbortScope } from '@lamella/service-core';
import type { HttpResponse, HttpUpgrade } from '../message/http-response.ts';

/** A connection on its way out of HTTP, and its life after that. */
export class UpgradeRun {
  /** The response that accepts the upgrade. */
  readonly response: HttpResponse;
  readonly #upgrade: HttpUpgrade;
  #state: 'waiting' | 'switched' | 'given-up' = 'waiting';

  constructor(response: HttpResponse, upgrade: HttpUpgrade) {
    this.response = response;
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
    this.#upgrade.guard?.[Symbol.dispose]();
  }

  /**
   * Runs the handler when the head has been written.
   *
   * @param written - What writing the head returned.
   * @returns When the handler is done. Rejects if it fails; never because the head could not be written.
   */
  async run(connection: Connection, written: Promise<void> | undefined): Promise<void> {
    this.#state = 'switched';
    try {
      await written;
    } catch {
      this.#upgrade.guard?.[Symbol.dispose]();
      return;
    }
    const upgraded = createConnection(connection.stream, {
      extensions: connection.extensions.fork('upgrade'),
      scope: new AbortScope(connection.scope),
    });
    try {
      await this.#upgrade.handler.serve(upgraded);
    } finally {
      upgraded.scope.close();
      connection.stream.destroy(); // whatever the handler has left open
    }
  }
}
