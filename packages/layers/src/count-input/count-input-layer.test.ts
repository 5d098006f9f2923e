import { layerCases, mockService } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { countInputLayer } from './count-input-layer.ts';

describe('countInputLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(countInputLayer()));

  it('counts calls, and those under way, over all services that it is applied to', async () => {
    const inner = mockService<string, string>();
    const count = countInputLayer();
    const services = [count(inner), count(inner)];
    const outputs = Promise.allSettled(services.map((service) => service.serve('ping')));
    expect([count.total, count.active]).toEqual([2, 2]);
    (await inner.nextCall()).respond('pong');
    (await inner.nextCall()).reject(new Error('no'));
    await outputs;
    expect([count.total, count.active]).toEqual([2, 0]);
  });

  it('counts a call of a service that throws, and its end', async () => {
    const count = countInputLayer();
    const service = count<string, string>({
      serve() {
        throw new Error('thrown');
      },
    });
    await expect(service.serve('ping')).rejects.toThrow('thrown');
    expect([count.total, count.active]).toEqual([1, 0]);
  });
});
