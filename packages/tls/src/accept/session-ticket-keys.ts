import { randomBytes } from 'node:crypto';
import { UsageError } from '@lamella/service-core';

/** The key by which servers seal the sessions that their clients keep; one that several processes share lets clients go on at any of them. */
export interface SessionTicketKeys {
  /** The key that is used now: 48 bytes. */
  readonly current: Uint8Array;
  /**
   * Uses another key from the next handshake on. Sessions sealed by the old one are not taken any more: their clients make a full
   * handshake, which costs time and never fails.
   *
   * @param key - 48 bytes. Default: random ones.
   * @throws UsageError if it has another length.
   */
  rotate(key?: Uint8Array): void;
}

/**
 * Makes the key of session tickets, to be shared between servers and processes, and changed from time to time.
 *
 * @remarks
 * For servers with the same certificates that ask clients in the same way: a session is no good at one whose `clientAuth`, or first certificate, has
 * other roots or names. Who has the key can take the place of all of them.
 *
 * @param key - 48 secret bytes: 16 for the name, 16 for the signature, 16 for the cipher. Default: random ones.
 * @throws UsageError if it has another length.
 *
 * @example
 * const ticketKeys = sessionTicketKeys();
 * // tlsAcceptLayer({ certificates, ticketKeys }); ticketKeys.rotate() once a day
 */
export function sessionTicketKeys(key?: Uint8Array): SessionTicketKeys {
  let current = checked(key);
  return {
    get current() {
      return current;
    },
    rotate(next) {
      current = checked(next);
    },
  };
}

function checked(key: Uint8Array = randomBytes(TICKET_KEY_BYTES)): Uint8Array {
  if (key.length !== TICKET_KEY_BYTES) throw new UsageError(`a ticket key has 48 bytes, got ${key.length}`);
  return Uint8Array.from(key);
}

const TICKET_KEY_BYTES = 48;
