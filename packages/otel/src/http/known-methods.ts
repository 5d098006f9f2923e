import type { Attributes } from '@opentelemetry/api';
import { cut } from '../shared/cut.ts';
import { ATTR, OTHER } from '../shared/names.ts';

/** Methods that attributes, metrics and span names name: those of RFC 9110, PATCH and QUERY. */
export const defaultKnownMethods: readonly string[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'QUERY',
];

/** A method for metrics: any other than the known ones is `_OTHER`, or a client could invent series without end. */
export function methodLabel(method: string, known: ReadonlySet<string>): string {
  return known.has(method) ? method : OTHER;
}

/** A method for names of spans. */
export function methodName(method: string, known: ReadonlySet<string>): string {
  return known.has(method) ? method : 'HTTP';
}

/** `http.request.method`, and what it was if that is not known. */
export function addMethod(attributes: Attributes, method: string, known: ReadonlySet<string>): void {
  attributes[ATTR.method] = methodLabel(method, known);
  if (!known.has(method)) attributes[ATTR.methodOriginal] = cut(method);
}
