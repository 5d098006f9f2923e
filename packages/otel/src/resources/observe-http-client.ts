import type { HttpClient } from '@lamella/http';
import type { Attributes, BatchObservableResult, Meter } from '@opentelemetry/api';
import { addPlace, ServerPlaces } from '../http/server-place.ts';
import { ATTR, METRIC } from '../shared/names.ts';

/**
 * Shows the connections of an HTTP client as metrics, by origin: `http.client.open_connections` (idle and active), and
 * `lamella.http.client.streams`, `.waiting`, `.dials`, `.dial_failures` and `.reuses`.
 *
 * @remarks
 * Nothing is counted for it: the client is asked when metrics are collected. Dispose it before the client is given up, or it is kept.
 *
 * @param meter - Such as `metrics.getMeter('app')`, asked for after the SDK was registered.
 * @returns Disposing it ends the metrics.
 *
 * @example
 * function observe(meter: Parameters<typeof observeHttpClient>[0]): Disposable {
 *   return observeHttpClient(meter, createHttpClient({ connector: memoryNetwork().connector() }));
 * }
 */
export function observeHttpClient(meter: Meter, client: Pick<HttpClient, 'gauges' | 'counters'>): Disposable {
  const connections = meter.createObservableUpDownCounter(METRIC.clientOpenConnections, {
    description: 'Number of outbound HTTP connections that are currently active or idle on the client.',
    unit: '{connection}',
  });
  const streams = meter.createObservableUpDownCounter('lamella.http.client.streams', {
    description: 'Number of requests under way, of which connections of HTTP/2 carry several.',
    unit: '{request}',
  });
  const waiting = meter.createObservableUpDownCounter('lamella.http.client.waiting', {
    description: 'Number of requests that wait for a connection.',
    unit: '{request}',
  });
  const counter = (name: string, description: string, unit: string) =>
    meter.createObservableCounter(`lamella.http.client.${name}`, { description, unit });
  const dials = counter('dials', 'Connects that were started.', '{connection}');
  const failures = counter('dial_failures', 'Connects that came to nothing.', '{connection}');
  const reuses = counter('reuses', 'Requests that were sent on a connection that had served one before.', '{request}');

  const places = new ServerPlaces();
  const observe = (result: BatchObservableResult): void => {
    for (const { origin, idle, active, streams: underWay, waiting: queued } of client.gauges()) {
      const attributes = originAttributes(origin, places);
      result.observe(connections, idle, { ...attributes, [ATTR.connectionState]: 'idle' });
      result.observe(connections, active, { ...attributes, [ATTR.connectionState]: 'active' });
      result.observe(streams, underWay, attributes);
      result.observe(waiting, queued, attributes);
    }
    for (const counters of client.counters()) {
      const attributes = originAttributes(counters.origin, places);
      result.observe(dials, counters.dials, attributes);
      result.observe(failures, counters.failures, attributes);
      result.observe(reuses, counters.reuses, attributes);
    }
  };
  const instruments = [connections, streams, waiting, dials, failures, reuses];
  meter.addBatchObservableCallback(observe, instruments);
  return { [Symbol.dispose]: () => meter.removeBatchObservableCallback(observe, instruments) };
}

/** An origin as the client names it: `https://host:port`, and ` via ` with the proxies on the way. */
function originAttributes(origin: string, places: ServerPlaces): Attributes {
  const [url = '', via] = origin.split(' via ');
  const [scheme = '', authority] = url.split('://');
  const attributes: Attributes = { [ATTR.urlScheme]: scheme };
  addPlace(attributes, places.of(scheme, authority));
  if (via !== undefined) attributes['lamella.connection.via'] = via;
  return attributes;
}
