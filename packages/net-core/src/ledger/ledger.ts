import { systemClock } from '@lamella/service-core';

/** One open thing in the ledger of this process. */
export interface TrackedResource {
  /** Takes it out of the ledger; call it when the thing is closed. Twice does nothing. */
  release(): void;
}

/** What {@link openResources} tells of one open thing. */
export interface OpenResource {
  /** What it is, such as `'socket'`, `'stream'`, `'listener'`, `'pooled-connection'` or `'timer'`. */
  readonly kind: string;
  /** Which one, for people. */
  readonly description: string;
}

/**
 * Enters an open thing into the ledger of this process.
 *
 * @param kind - What it is, in the singular and in kebab-case.
 * @param describe - Says which one it is; asked only when somebody looks.
 * @param subject - What `describe` is given: so the same function does for many things. Default: nothing.
 */
export function trackResource(kind: string, describe: () => string): TrackedResource;
export function trackResource<Subject>(
  kind: string,
  describe: (subject: Subject) => string,
  subject: Subject,
): TrackedResource;
export function trackResource(
  kind: string,
  describe: (subject: unknown) => string,
  subject?: unknown,
): TrackedResource {
  const entry = new Entry(kind, describe, subject);
  open.add(entry);
  return entry;
}

/**
 * Counts what is open in this process: sockets, streams, listeners, pooled connections, timers.
 *
 * @returns Counts by kind; kinds of which nothing is open are left out.
 *
 * @example
 * resources(); // { listener: 1, socket: 12, 'pooled-connection': 4, timer: 2 }
 */
export function resources(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { kind } of open) counts[kind] = (counts[kind] ?? 0) + 1;
  if (systemClock.pendingTimers > 0) counts['timer'] = systemClock.pendingTimers;
  return counts;
}

/** Lists what is open in this process, oldest first; timers are only counted, by {@link resources}. */
export function openResources(): readonly OpenResource[] {
  return Array.from(open, ({ kind, describe, subject }) => ({ kind, description: describe(subject) }));
}

/** Entry and handle in one: a server has one for every connection that it keeps. */
class Entry implements TrackedResource {
  readonly kind: string;
  readonly describe: (subject: unknown) => string;
  readonly subject: unknown;

  constructor(kind: string, describe: (subject: unknown) => string, subject: unknown) {
    this.kind = kind;
    this.describe = describe;
    this.subject = subject;
  }

  release(): void {
    open.delete(this);
  }
}

const open = new Set<Entry>();
