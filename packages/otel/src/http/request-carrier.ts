import type { HttpHeaders } from '@lamella/http';
import type { TextMapGetter, TextMapSetter } from '@opentelemetry/api';
import { boundedValue } from '../propagation/bounded-value.ts';

/** Header fields, as propagators read them: fields of one name together, and none that is too long. */
export const headerGetter: TextMapGetter<HttpHeaders> = {
  get: (headers, name) => boundedValue(headers.get(name)),
  keys: (headers) => [...new Set(Array.from(headers, ([name]) => name.toLowerCase()))],
};

/** Header fields, as propagators write them: what was there under the name is replaced. */
export const headerSetter: TextMapSetter<HttpHeaders> = {
  set: (headers, name, value) => headers.set(name, value),
};
