import type { Drainable } from '@lamella/service-core';
import { createLifecycle } from '@lamella/service-core';

/** Something that has work under way, or has not. Work is done when `finish` is called. */
function part(protocol: string, isIdle: boolean): Drainable & { readonly finish: () => void } {
  const ended = Promise.withResolvers<void>();
  return {
    protocol,
    isIdle,
    startDrain: () => isIdle && ended.resolve(),
    drained: ended.promise,
    destroy: () => ended.resolve(),
    finish: ended.resolve,
  };
}

const lifecycle = createLifecycle();
const busy = part('http/1.1', false);
for (const each of [busy, part('http/1.1', true), part('tunnel', false)]) lifecycle.register(each);

const report = lifecycle.drain({ graceMs: 100 }); // on SIGTERM
console.log(lifecycle.phase);
busy.finish(); // in time; the tunnel is not
console.log((await report).protocols, lifecycle.phase);
