import { settle } from '@lamella/service-core/testing';
import { openResources, resources } from '../ledger/ledger.ts';

/** The two hooks of a test runner that {@link checkLedger} needs. */
export interface TestHooks {
  /** Runs `hook` before each test. */
  readonly beforeEach: (hook: () => void) => void;
  /** Runs `hook` after each test, which fails if it rejects. */
  readonly afterEach: (hook: () => Promise<void>) => void;
}

/**
 * Fails every test that leaves something open: a socket, a stream, a listener, a pooled connection, a timer.
 *
 * @remarks
 * What a test closed may take some turns of the event loop to be gone; the check gives it up to 100.
 *
 * @example
 * checkLedger({ beforeEach, afterEach }); // at the top of a test file
 */
export function checkLedger(hooks: TestHooks): void {
  let before: Readonly<Record<string, number>> = {};
  hooks.beforeEach(() => {
    before = resources();
  });
  hooks.afterEach(() => assertLedgerAt(before));
}

/**
 * Waits until no more is open than `before` counts.
 *
 * @param before - What {@link resources} gave at the start.
 * @throws An error that lists what is left.
 */
export async function assertLedgerAt(before: Readonly<Record<string, number>>): Promise<void> {
  for (let turn = 0; turn < 100 && restOf(before).length > 0; turn++) await settle(1);
  const rest = restOf(before);
  if (rest.length === 0) return;
  const open = openResources().map(({ kind, description }) => `  ${kind}: ${description}`);
  throw new Error(`left open: ${rest.join(', ')}\nopen now:\n${open.join('\n')}`);
}

function restOf(before: Readonly<Record<string, number>>): string[] {
  const rest: string[] = [];
  for (const [kind, count] of Object.entries(resources())) {
    const more = count - (before[kind] ?? 0);
    if (more > 0) rest.push(`${more} ${kind}`);
  }
  return rest;
}
