import { HttpRequest, HttpResponse } from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import { trackResource } from '@lamella/net-core';
import { serviceFn } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { Recording } from '../../test/support/recording.ts';
import { observeHttpClient } from './observe-http-client.ts';
import { observeResources } from './observe-resources.ts';

describe('observeResources', () => {
  it('shows what is open, and what is not any more as 0', async () => {
    const recording = new Recording();
    const observing = observeResources(recording.meterProvider.getMeter('app'));
    const of = async (kind: string) => {
      const points = await recording.points('lamella.resources.open');
      return points.find(({ attributes }) => attributes['lamella.resource.kind'] === kind)?.value;
    };
    expect(await of('test-thing')).toBeUndefined();
    const tracked = [trackResource('test-thing', () => 'one'), trackResource('test-thing', () => 'two')];
    expect(await of('test-thing')).toBe(2);
    for (const resource of tracked) resource.release();
    expect(await of('test-thing')).toBe(0);
    observing[Symbol.dispose]();
    trackResource('test-thing', () => 'three').release();
    await recording.shutdown();
  });
});

describe('observeHttpClient', () => {
  it('shows connections by origin and state', async () => {
    const recording = new Recording();
    const client = httpClientOn(serviceFn(() => HttpResponse.text('hello')));
    const observing = observeHttpClient(recording.meterProvider.getMeter('app'), client);
    for (const target of ['http://app.test/', 'http://app.test/', 'http://[2001:db8::1]:8080/']) {
      await (await client.serve(HttpRequest.from({ target }))).body.text();
    }
    const app = { 'url.scheme': 'http', 'server.address': 'app.test', 'server.port': 80 };
    const other = { 'url.scheme': 'http', 'server.address': '2001:db8::1', 'server.port': 8080 };
    expect(await recording.points('http.client.open_connections')).toEqual([
      { attributes: { ...app, 'http.connection.state': 'idle' }, value: 1 },
      { attributes: { ...app, 'http.connection.state': 'active' }, value: 0 },
      { attributes: { ...other, 'http.connection.state': 'idle' }, value: 1 },
      { attributes: { ...other, 'http.connection.state': 'active' }, value: 0 },
    ]);
    expect(await recording.points('lamella.http.client.streams')).toMatchObject([{ value: 0 }, { value: 0 }]);
    expect(await recording.points('lamella.http.client.dials')).toEqual([
      { attributes: app, value: 1 },
      { attributes: other, value: 1 },
    ]);
    expect(await recording.points('lamella.http.client.reuses')).toMatchObject([{ value: 1 }, { value: 0 }]);
    expect(await recording.points('lamella.http.client.waiting')).toHaveLength(2);
    observing[Symbol.dispose]();
    await client.close();
    await recording.shutdown();
  });
});
