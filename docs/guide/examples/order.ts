import type { PolyLayer } from '@lamella/service-core';
import { serviceFn, stack } from '@lamella/service-core';

const service = stack(
  logLayer('outer'),
  logLayer('inner'),
  serviceFn((text: string) => {
    console.log('    service');
    return text.length;
  }),
);
await service.serve('four');

function logLayer(name: string): PolyLayer {
  return (inner) => ({
    async serve(input) {
      console.log(`${name} in`);
      const output = await inner.serve(input);
      console.log(`${name} out`);
      return output;
    },
  });
}
