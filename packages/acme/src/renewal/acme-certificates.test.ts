import { X509Certificate } from 'node:crypto';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { certificateAuthority } from '@lamella/tls';
import { describe, expect, it, vi } from 'vitest';
import type { AcmeClient } from '../client/acme-client.ts';
import { AcmeError } from '../errors.ts';
import type { AcmeStorage } from '../storage/acme-storage.ts';
import { memoryAcmeStorage } from '../storage/acme-storage.ts';
import type { AcmeCertificatesOptions } from './acme-certificates.ts';
import { acmeCertificates } from './acme-certificates.ts';

const DAY_MS = 86_400_000;
const NAMES = ['a.test', 'b.test'];

describe('acmeCertificates', () => {
  it('gets a certificate, and shows it for its names', async () => {
    const issuing = Promise.withResolvers<void>();
    const { certificates, obtained } = await setup({ issuing: issuing.promise });
    expect(certificates.certificateFor('a.test')).toBeUndefined();
    issuing.resolve();
    await certificates.ready();
    const shown = certificates.certificateFor('b.test');
    expect(new X509Certificate((await shown)?.cert ?? '').subjectAltName).toBe('DNS:a.test, DNS:b.test');
    expect(certificates.certificateFor('a.test')).toBe(shown);
    expect(certificates.certificateFor('c.test')).toBe(shown);
    expect(obtained).toEqual([NAMES]);
  });

  it('shows each list of names its own, and none for names that are unknown, if it is told so', async () => {
    const { certificates, obtained } = await setup({ certificates: [['a.test'], ['*.b.test']], fallback: 'none' });
    await certificates.ready();
    expect(obtained).toHaveLength(2);
    const [first, second] = [certificates.certificateFor('a.test'), certificates.certificateFor('x.b.test')];
    expect(first).toBeDefined();
    expect(second).toBeDefined();
    expect(second).not.toBe(first);
    expect(certificates.certificateFor('c.test')).toBeUndefined();
  });

  it('renews when a third of the time is left', async () => {
    const { certificates, obtained, pass } = await setup();
    await certificates.ready();
    const first = certificates.certificateFor('a.test');
    await pass(60 * DAY_MS - 1);
    expect(obtained).toHaveLength(1);
    await pass(1);
    expect(obtained).toHaveLength(2);
    expect(certificates.certificateFor('a.test')).not.toBe(first);
    await pass(60 * DAY_MS);
    expect(obtained).toHaveLength(3);
  });

  it('renews later by chance, up to a part of what is left', async () => {
    const { certificates, obtained, pass } = await setup({ random: () => 1, jitterRatio: 0.5 });
    await certificates.ready();
    await pass(75 * DAY_MS - 1);
    expect(obtained).toHaveLength(1);
    await pass(1);
    expect(obtained).toHaveLength(2);
  });

  it('takes what is kept, and asks for it only when it is due', async () => {
    const first = await setup();
    await first.certificates.ready();
    await first.certificates.close();
    await first.pass(50 * DAY_MS);
    const { storage, clock } = first;
    const second = await setup({ storage, clock, certificates: [['B.test', 'a.test']] });
    await second.certificates.ready();
    expect(second.obtained).toEqual([]);
    await second.pass(10 * DAY_MS);
    expect(second.obtained).toHaveLength(1);
  });

  it('asks anew for what is kept and has expired, or is broken', async () => {
    const first = await setup();
    await first.certificates.ready();
    await first.certificates.close();
    await first.pass(90 * DAY_MS);
    const second = await setup({ storage: first.storage, clock: first.clock });
    await second.certificates.ready();
    expect(second.obtained).toHaveLength(1);
    expect(second.errors).toEqual([]);

    for (const text of ['no JSON', '{}', '{"cert":"x","key":"y"}', 'null']) {
      const storage: AcmeStorage = { load: async () => text, store: async () => {} };
      const broken = await setup({ storage });
      await broken.certificates.ready();
      expect(broken.obtained).toHaveLength(1);
      expect(broken.errors).toMatchObject([{ code: 'LML_ERR_ACME_STORAGE' }]);
    }
  });

  it('tries again after a failure, less and less often, and goes on showing what it has', async () => {
    const { certificates, state, attempts, pass, errors } = await setup({ retryMs: 60_000, maxRetryMs: 200_000 });
    await certificates.ready();
    const first = certificates.certificateFor('a.test');
    state.failure = new Error('down');
    await pass(60 * DAY_MS);
    expect(attempts()).toBe(2);
    for (const [waitMs, count] of [
      [60_000, 3],
      [120_000, 4],
      [200_000, 5],
      [200_000, 6],
    ] as const) {
      await pass(waitMs - 1);
      expect(attempts()).toBe(count - 1);
      await pass(1);
      expect(attempts()).toBe(count);
    }
    expect(errors).toHaveLength(5);
    expect(certificates.certificateFor('a.test')).toBe(first);
    await pass(40 * DAY_MS);
    expect(certificates.certificateFor('a.test')).toBe(first); // expired: better than nothing, and what a client can tell
    state.failure = undefined;
    await pass(200_000);
    expect(certificates.certificateFor('a.test')).not.toBe(first);
  });

  it('waits as long as the authority asks for, up to a week', async () => {
    const { state, attempts, pass } = await setup(
      {},
      new AcmeError('LML_ERR_ACME_PROBLEM', 'slow', { retryAfterMs: 5 * DAY_MS }),
    );
    expect(attempts()).toBe(1);
    await pass(5 * DAY_MS - 1);
    expect(attempts()).toBe(1);
    await pass(1);
    expect(attempts()).toBe(2);
    state.failure = new AcmeError('LML_ERR_ACME_PROBLEM', 'slow', { retryAfterMs: 1_000 * DAY_MS });
    await pass(5 * DAY_MS);
    expect(attempts()).toBe(3);
    await pass(7 * DAY_MS);
    expect(attempts()).toBe(4);
  });

  it('renews at once if it is asked to, and once for all who ask', async () => {
    const { certificates, obtained } = await setup();
    await certificates.ready();
    await Promise.all([certificates.renew(), certificates.renew()]);
    expect(obtained).toHaveLength(2);
    await certificates.renew();
    expect(obtained).toHaveLength(3);
  });

  it('tells who asked to renew why it failed', async () => {
    const { certificates, state, errors } = await setup();
    await certificates.ready();
    state.failure = new Error('down');
    await expect(certificates.renew()).rejects.toThrow('down');
    expect(errors).toEqual([]);
  });

  it('uses what it can not keep, and tells', async () => {
    const failing: AcmeStorage = { load: async () => undefined, store: () => Promise.reject(new Error('disk full')) };
    const { certificates, obtained, errors, pass } = await setup({ storage: failing });
    await certificates.ready();
    await pass(DAY_MS);
    expect(obtained).toHaveLength(1);
    expect(errors).toMatchObject([{ message: 'disk full' }]);
  });

  it('goes on though who hears of failures throws', async () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {});
    const stored: string[] = [];
    let isFull = true;
    const storage: AcmeStorage = {
      load: async () => undefined,
      async store(name) {
        if (isFull) throw new Error('disk full');
        stored.push(name);
      },
    };
    const onError = () => {
      throw new Error('a bug');
    };
    const { certificates, state, attempts, pass } = await setup(
      { storage, onError, retryMs: 60_000 },
      new Error('down'),
    );
    await pass(60_000);
    expect(attempts()).toBe(2);
    state.failure = undefined;
    await pass(120_000);
    await certificates.ready();
    isFull = false;
    await certificates.renew();
    expect(stored).not.toEqual([]);
    expect(told.mock.calls.flat().map(String).join('\n')).toContain('Error: a bug');
    told.mockRestore();
  });

  it('does not ask over and over for certificates that are due when they come', async () => {
    const { certificates, obtained, pass, state } = await setup({ retryMs: 60_000 });
    await certificates.ready();
    state.validityMs = 1_000;
    await certificates.renew();
    await pass(60_000 - 1);
    expect(obtained).toHaveLength(2);
    await pass(1);
    expect(obtained).toHaveLength(3);
  });

  it('does not ask again because nobody could be told', async () => {
    const onObtained = () => {
      throw new Error('not told');
    };
    const { certificates, obtained, errors, pass } = await setup({ onObtained });
    await certificates.ready();
    await pass(DAY_MS);
    expect(obtained).toHaveLength(1);
    expect(errors).toMatchObject([{ message: 'not told' }]);
  });

  it('notices a clock that jumps within a day', async () => {
    const { certificates, obtained, pass, state } = await setup();
    await certificates.ready();
    state.jumpMs = 61 * DAY_MS; // the machine has slept
    await pass(DAY_MS);
    expect(obtained).toHaveLength(2);
  });

  it('leaves nothing behind when it is closed', async () => {
    const { certificates, clock, attempts, pass } = await setup({}, new Error('down'));
    const ready = certificates.ready();
    await certificates.close();
    await expect(ready).rejects.toMatchObject({ code: 'LML_ERR_CLOSED' });
    await expect(certificates.ready()).rejects.toMatchObject({ code: 'LML_ERR_CLOSED' });
    await expect(certificates.renew()).rejects.toMatchObject({ code: 'LML_ERR_CLOSED' });
    await certificates.close();
    await pass(100 * DAY_MS);
    expect(attempts()).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives up what is under way when it is closed', async () => {
    const hanging: AcmeClient = {
      obtain: (_names, { signal } = {}) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    };
    const { certificates, errors, clock } = await setup({ client: hanging });
    await certificates[Symbol.asyncDispose]();
    await settle();
    expect(errors).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    { certificates: [] },
    { certificates: [[]] },
    { certificates: [['a b']] },
    { renewAtRatio: 0.04 },
    { renewAtRatio: 0.96 },
    { jitterRatio: -0.1 },
    { jitterRatio: 1.1 },
    { retryMs: 0 },
    { maxRetryMs: 59_999 },
  ])('refuses %j', async (options) => {
    await expect(setup(options)).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
  });
});

/** What {@link setup} takes beside options of the certificates. */
interface Setup extends Partial<AcmeCertificatesOptions> {
  readonly clock?: FakeClock;
  /** What the authority waits for before it issues anything. */
  readonly issuing?: Promise<void>;
}

async function setup({ issuing, ...options }: Setup = {}, failure?: Error) {
  const { clock = new FakeClock({ epochMs: Date.UTC(2026, 0, 1) }), storage = memoryAcmeStorage() } = options;
  const state = { failure, jumpMs: 0, validityMs: 90 * DAY_MS };
  const jumping = { ...clock, epochMs: () => clock.epochMs() + state.jumpMs };
  const authority = await certificateAuthority({ clock });
  const obtained: (readonly string[])[] = [];
  const errors: unknown[] = [];
  let attempts = 0;
  let isBusy = 0;
  const client: AcmeClient = {
    async obtain(names) {
      attempts++;
      if (state.failure !== undefined) throw state.failure;
      isBusy++;
      await issuing;
      const times = { clock: jumping, validityMs: state.validityMs, backdateMs: 0 };
      const issued = await authority.issue({ names, ...times });
      obtained.push(names);
      isBusy--;
      return { ...issued, names };
    },
  };
  const certificates = acmeCertificates({
    ...{ client, storage, certificates: [NAMES], jitterRatio: 0, onError: (error) => errors.push(error) },
    ...options,
    clock: jumping,
  });
  await settle();
  /** Lets time pass; certificates are made on other threads, and are waited for. */
  const pass = async (durationMs: number): Promise<void> => {
    const endMs = clock.nowMs() + durationMs;
    while (clock.nowMs() < endMs) {
      await clock.advanceAsync(Math.min(endMs, clock.nextTimerMs ?? endMs) - clock.nowMs());
      do await settle();
      while (isBusy > 0);
    }
  };
  return { certificates, clock, storage, state, obtained, errors, attempts: () => attempts, pass };
}
