import { resources } from '@lamella/net-core';
import { assertLedgerAt } from '@lamella/net-core/testing';
import { beforeEach } from 'vitest';

/**
 * Fails every test that leaves a socket, listener, timer or the like of ours open, once its servers are down.
 *
 * Hooks of a test that is over run last in, first out; so this one, registered first, sees the end of all others.
 */
export function useLedger(): void {
  beforeEach(({ onTestFinished }) => {
    const before = resources();
    onTestFinished(() => assertLedgerAt(before));
  });
}
