import { serviceFn } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Address } from '../address/address.ts';
import { parseAddress } from '../address/address.ts';
import { createConnection } from '../connection/connection.ts';
import { PeerAddress } from '../connection/keys.ts';
import { memoryPipe } from '../memory/memory-pipe.ts';
import { checkLedger } from '../testing/ledger-check.ts';
import type { GeoFacts, GeoLayerOptions } from './geo-layer.ts';
import { geoLayer, PeerGeo } from './geo-layer.ts';

checkLedger({ beforeEach, afterEach });

const FACTS: GeoFacts = { country: 'NL', asn: 64_500 };

describe('geoLayer', () => {
  it.each([
    ['at once', () => FACTS],
    ['later', async () => FACTS],
  ])('notes what is known %s of the peer', async (_when, lookup) => {
    const { seen, asked, clock } = await serve({ lookup });
    expect(seen).toEqual([FACTS]);
    expect(asked).toEqual(['192.0.2.7']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('asks for the IPv4 address within an IPv6 one', async () => {
    const { asked } = await serve({ lookup: () => FACTS }, parseAddress('[::ffff:192.0.2.7]:1'));
    expect(asked).toEqual(['192.0.2.7']);
  });

  it.each([
    ['a Unix socket', parseAddress('unix:/run/x.sock')],
    ['a name', parseAddress('peer.test:1')],
    ['nobody known', null],
  ])('asks nothing for %s', async (_what, peer) => {
    const { seen, asked } = await serve({ lookup: () => FACTS }, peer);
    expect(seen).toEqual([undefined]);
    expect(asked).toEqual([]);
  });

  it.each([
    ['is not known', () => undefined, undefined],
    [
      'throws',
      () => {
        throw new Error('no file');
      },
      'no file',
    ],
    ['rejects', () => Promise.reject(new Error('no file')), 'no file'],
  ])('serves the connection when the address %s', async (_what, lookup, message) => {
    const { seen, errors, clock } = await serve({ lookup });
    expect(seen).toEqual([undefined]);
    expect(errors).toEqual(message === undefined ? [] : [`192.0.2.7: ${message}`]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits for timeoutMs and no longer', async () => {
    const { served, seen, errors, clock } = start({ lookup: () => new Promise(() => {}), timeoutMs: 250 });
    await clock.advanceAsync(249);
    expect(seen).toEqual([]);
    await clock.advanceAsync(1);
    await served;
    expect(seen).toEqual([undefined]);
    expect(errors).toEqual(['192.0.2.7: timeoutMs of 250 ms reached in phase lookup']);
  });

  it('gives up with the connection, and tells nobody of it', async () => {
    const { served, seen, errors, connection, clock } = start({ lookup: () => new Promise(() => {}) });
    connection.scope.abort('enough');
    await expect(served).rejects.toBe('enough');
    expect([seen, errors, clock.pendingTimers]).toEqual([[], [], 0]);
  });

  it('serves the connection when the hook throws, and tells of it', async () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { seen } = await serve({
      lookup: () => Promise.reject(new Error('no file')),
      onError() {
        throw new Error('hook');
      },
    });
    expect(seen).toEqual([undefined]);
    expect(told).toHaveBeenCalledOnce();
    told.mockRestore();
  });

  it('takes a reader of MaxMind files by its shape', async () => {
    const cities: MaxMindReader<CityRecord> = {
      get: (ip) => (ip === '192.0.2.7' ? { country: { iso_code: 'NL' }, continent: { code: 'EU' } } : null),
    };
    const systems: MaxMindReader<AsnRecord> = {
      get: () => ({ autonomous_system_number: 64_500, autonomous_system_organization: 'Example' }),
    };
    const { seen } = await serve({
      lookup(address): GeoFacts {
        const [city, system] = [cities.get(String(address)), systems.get(String(address))];
        const country = city?.country?.iso_code;
        const asn = system?.autonomous_system_number;
        return { ...(country === undefined ? {} : { country }), ...(asn === undefined ? {} : { asn }) };
      },
    });
    expect(seen).toEqual([FACTS]);
  });

  it.each([
    [{}, 'lookup must be a function, got undefined'],
    [{ lookup: nothing, onError: 1 }, 'onError must be a function, got number'],
    [{ lookup: nothing, timeoutMs: 0 }, 'timeoutMs must be > 0, got 0'],
    [{ lookup: nothing, timeoutMs: Number.POSITIVE_INFINITY }, 'timeoutMs must be finite, got Infinity'],
  ])('refuses %o', (options, message) => {
    const make = () => geoLayer(options as unknown as GeoLayerOptions); // as JavaScript may call it
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE', message }));
  });
});

const nothing = (): undefined => undefined;

/** What the readers of npm's `maxmind` have in common. */
interface MaxMindReader<Found> {
  get(ip: string): Found | null;
}

interface CityRecord {
  readonly country?: { readonly iso_code: string };
  readonly continent?: { readonly code: string };
}

interface AsnRecord {
  readonly autonomous_system_number?: number;
  readonly autonomous_system_organization?: string;
}

const PEER = parseAddress('192.0.2.7:40000');

function start(options: GeoLayerOptions, peer: Address | null = PEER) {
  const clock = new FakeClock();
  const [near, far] = memoryPipe();
  const connection = createConnection(near);
  if (peer !== null) connection.extensions.insert(PeerAddress, peer);
  const [asked, errors, seen]: [string[], string[], (GeoFacts | undefined)[]] = [[], [], []];
  const layer = geoLayer({
    clock,
    onError: (error, address) => errors.push(`${address}: ${error instanceof Error ? error.message : error}`),
    ...options,
    lookup(address) {
      asked.push(String(address));
      return options.lookup(address);
    },
  });
  const service = layer(serviceFn(async ({ extensions }) => void seen.push(extensions.get(PeerGeo))));
  const served = service.serve(connection).finally(() => {
    near.destroy();
    far.destroy();
  });
  return { clock, connection, asked, errors, seen, served };
}

async function serve(options: GeoLayerOptions, peer: Address | null = PEER) {
  const started = start(options, peer);
  await started.served;
  return started;
}
