import { HttpRequest, HttpResponse } from '@lamella/http';
import type { Layer, Service } from '@lamella/service-core';
import type { LayerSubject, TestInput } from '@lamella/service-core/testing';
import { testInput } from '@lamella/service-core/testing';

/** A layer of HTTP messages as one of test inputs, so that `layerCases` can examine it: values travel as the body of messages. */
export function httpSubject(layer: Layer<HttpRequest, HttpResponse>): LayerSubject {
  return (inner) => {
    const service: Service<HttpRequest, HttpResponse> = layer({ serve: (request) => served(inner, request) });
    return {
      async serve(input) {
        const request = HttpRequest.from({ target: `http://app.test/?${input.value}` });
        const { scope, extensions } = input;
        const response = await service.serve(request.fork({ scope, extensions }));
        return response.body.text();
      },
    };
  };
}

/** Not async: what the inner service throws must come through as it is. */
function served(inner: Service<TestInput<string>, string>, request: HttpRequest): Promise<HttpResponse> {
  const { scope, extensions } = request;
  const output = inner.serve(testInput(request.query ?? '').fork({ scope, extensions }));
  return output.then((text) => HttpResponse.text(text));
}
