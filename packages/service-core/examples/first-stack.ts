import type { PolyLayer, ServiceInput } from '@lamella/service-core';
import { abortScope, serviceFn, serviceInput, stack } from '@lamella/service-core';

/** Tells of every call. It keeps any shape, and looks at nothing. */
const announce: PolyLayer = (inner) => ({
  async serve(input) {
    console.log('called');
    return inner.serve(input);
  },
});

/** The first of two calls that answers wins; the other one is told to stop. */
const twice = (inner: { serve(input: ServiceInput<string>): Promise<string> }) => ({
  async serve(input: ServiceInput<string>) {
    const scope = abortScope(input);
    try {
      return await Promise.any([inner.serve(scope.input), inner.serve(scope.input)]);
    } finally {
      scope.abort(new Error('another call was faster'));
    }
  },
});

let calls = 0;
const service = stack(
  announce,
  twice,
  serviceFn(({ value, scope }: ServiceInput<string>) => {
    calls++;
    if (calls === 1) return new Promise<string>((_, reject) => scope.onAbort(reject)); // never answers
    return `${value.toUpperCase()}, by call ${calls}`;
  }),
);

console.log(await service.serve(serviceInput('ping')));
