import { HttpRequest, HttpResponse } from '@lamella/http';
import type { Layer } from '@lamella/service-core';
import type { LayerSubject } from '@lamella/service-core/testing';
import { testInput } from '@lamella/service-core/testing';

/** A layer of HTTP messages as one of test inputs, so that `layerCases` can examine it: values travel as query and body. */
export function httpLayerSubject(layer: Layer<HttpRequest, HttpResponse>): LayerSubject {
  return (inner) => {
    const service = layer({
      serve({ scope, extensions, query = '' }) {
        const output = inner.serve(testInput(query).fork({ scope, extensions }));
        return output.then((text) => HttpResponse.text(text));
      },
    });
    return {
      async serve({ value, scope, extensions }) {
        const request = HttpRequest.from({ target: `http://app.test/?${value}` });
        const response = await service.serve(request.fork({ scope, extensions }));
        return response.body.text();
      },
    };
  };
}
