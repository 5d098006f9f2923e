import type { OtlpAttribute, OtlpValue } from './otlp-data.ts';

/**
 * Attributes as an object, with plain values: integers become numbers, bytes stay base64.
 *
 * @example
 * otlpAttributes([{ key: 'http.response.status_code', value: { intValue: '200' } }]); // { 'http.response.status_code': 200 }
 */
export function otlpAttributes(attributes: readonly OtlpAttribute[]): Record<string, unknown> {
  const entries = attributes.map(({ key = '', value }) => [key, value === undefined ? undefined : plainValue(value)]);
  return Object.fromEntries(entries);
}

function plainValue(value: OtlpValue): unknown {
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(plainValue);
  if (value.kvlistValue !== undefined) return otlpAttributes(value.kvlistValue.values);
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? value.bytesValue;
}
