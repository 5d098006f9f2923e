import { balancer, roundRobin } from '@lamella/layers';
import { checkLedger } from '@lamella/net-core/testing';
import { createLifecycle, UsageError } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GrpcHealthOptions } from '../src/index.ts';
import { grpcClient, grpcHealth, grpcHealthCheck, grpcService, HealthService, HealthStatus } from '../src/index.ts';
import { frames } from './support/stages.ts';

const { SERVING, NOT_SERVING, SERVICE_UNKNOWN, UNKNOWN } = HealthStatus;
checkLedger({ beforeEach, afterEach });

describe('grpcHealth', () => {
  it('says how the server stands, and services of which somebody said it', async () => {
    const { health, client } = setup();
    expect((await client.check({})).status).toBe(SERVING);
    await expect(client.check({ service: 'a.A' })).rejects.toMatchObject({ statusName: 'NOT_FOUND' });
    health.set('a.A', NOT_SERVING);
    expect((await client.check({ service: 'a.A' })).status).toBe(NOT_SERVING);
    const { statuses } = await client.list({});
    expect(Object.entries(statuses).map(([name, { status }]) => [name, status])).toEqual([
      ['', SERVING],
      ['a.A', NOT_SERVING],
    ]);
    health.clear('a.A');
    await expect(client.check({ service: 'a.A' })).rejects.toMatchObject({ statusName: 'NOT_FOUND' });
  });

  it('lists up to 100 services', async () => {
    const services = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`s${index}`, SERVING]));
    const { health, client } = setup({ services });
    expect(Object.keys((await client.list({})).statuses)).toHaveLength(100);
    health.set('one.More', SERVING);
    await expect(client.list({})).rejects.toMatchObject({ statusName: 'RESOURCE_EXHAUSTED' });
  });

  it('tells those who watch of every change, and of the last one of several', async () => {
    const { health, client } = setup();
    const stream = client.watch({ service: 'a.A' });
    expect((await stream.next()).value?.status).toBe(SERVICE_UNKNOWN);
    const next = stream.next();
    await settle();
    expect(health.watchers).toBe(1);
    health.set('a.A', UNKNOWN);
    health.set('a.A', SERVING);
    expect((await next).value?.status).toBe(SERVING);
    health.set('a.A', SERVING); // no change
    const later = stream.next();
    await settle();
    health.clear('a.A');
    expect((await later).value?.status).toBe(SERVICE_UNKNOWN);
    await stream.return();
    await settle();
    expect(health.watchers).toBe(0);
  });

  it('keeps nothing of a thousand who watch and are gone', async () => {
    const { health, client } = setup();
    const controller = new AbortController();
    const watching = Array.from({ length: 1_000 }, async () => {
      for await (const _ of client.watch({}, { signal: controller.signal }));
    });
    await settle(16);
    expect(health.watchers).toBe(1_000);
    controller.abort();
    await Promise.allSettled(watching);
    await settle();
    expect(health.watchers).toBe(0);
  });

  it('is NOT_SERVING from the pre-drain on, and sends those who watch away when the drain begins', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const { health, client } = setup({ lifecycle });
    const stream = client.watch({});
    expect((await stream.next()).value?.status).toBe(SERVING);
    const changed = stream.next();
    await settle();
    const report = lifecycle.drain({ preDrainMs: 100, graceMs: 1_000 });
    expect((await changed).value?.status).toBe(NOT_SERVING);
    const over = stream.next();
    over.catch(() => {});
    await settle();
    expect(health.watchers).toBe(1);
    health.set('', SERVING); // too late
    expect((await client.check({})).status).toBe(NOT_SERVING);
    clock.advance(100);
    await expect(over).rejects.toMatchObject({ statusName: 'UNAVAILABLE' });
    expect((await report).protocols['grpc-health']).toEqual({ finished: 0, closed: 1, cut: 0 });
  });

  it('does not hold a server up whose clients watch', async () => {
    const lifecycle = createLifecycle();
    const health = grpcHealth({ lifecycle });
    const open = frames.open(grpcService([health.implementation]), { lifecycle });
    const client = grpcClient(open.service, HealthService, { url: 'http://app.test' });
    const statuses: number[] = [];
    const watching = (async () => {
      for await (const { status } of client.watch({})) statuses.push(status);
    })();
    watching.catch(() => {});
    await settle(32);
    const report = await lifecycle.drain({ graceMs: 60_000 });
    await expect(watching).rejects.toMatchObject({ statusName: 'UNAVAILABLE' });
    expect(statuses).toEqual([SERVING, NOT_SERVING]);
    expect(Object.values(report.protocols).every(({ cut }) => cut === 0)).toBe(true);
    await open.close();
  });

  it('speaks JSON', async () => {
    const { service } = setup();
    const client = grpcClient(service, HealthService, { format: 'json' });
    expect((await client.list({})).statuses['']?.status).toBe(SERVING);
  });

  it.each([3, -1, 1.5, Number.NaN])('refuses the status %s', (status) => {
    expect(() => setup({ services: { a: status } })).toThrow(UsageError);
    expect(() => setup().health.set('a', status)).toThrow(UsageError);
  });
});

describe('grpcHealthCheck', () => {
  it('lets a balancer leave out what does not serve, and takes servers without health for well', async () => {
    const clock = new FakeClock();
    const [good, bad] = [setup({ services: { 'a.A': SERVING } }), setup({ services: { 'a.A': SERVING } })];
    const plain = grpcService([]);
    const endpoints = Object.entries({ good: good.service, bad: bad.service, plain }).map(([id, service]) => ({
      id,
      service,
    }));
    const check = grpcHealthCheck({ service: 'a.A' });
    const balanced = balancer({
      endpoints,
      policy: roundRobin(),
      clock,
      random: () => 0.5,
      healthCheck: { check, intervalMs: 1_000, rise: 1, fall: 1 },
    });
    const health = () => balanced.gauges().map((gauge) => gauge.health);
    await settle();
    expect(health()).toEqual(['available', 'available', 'available']);
    for (const change of [() => bad.health.set('a.A', NOT_SERVING), () => bad.health.clear('a.A')]) {
      change();
      await clock.advanceAsync(1_000);
      await settle();
      expect(health()).toEqual(['available', 'unhealthy', 'available']);
      bad.health.set('a.A', SERVING);
      await clock.advanceAsync(1_000);
      await settle();
      expect(health()).toEqual(['available', 'available', 'available']);
    }
    await balanced.close();
  });

  it('refuses bad options at once', () => {
    expect(() => grpcHealthCheck({ url: 'ftp://a' })).toThrow(UsageError);
  });
});

function setup(options: GrpcHealthOptions = {}) {
  const health = grpcHealth(options);
  const service = grpcService([health.implementation]);
  return { health, service, client: grpcClient(service, HealthService) };
}
