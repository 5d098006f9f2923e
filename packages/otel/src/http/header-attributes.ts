import type { HttpHeaders } from '@lamella/http';
import { defaultSensitiveHeaders, isToken } from '@lamella/http';
import { UsageError } from '@lamella/service-core';
import type { Attributes } from '@opentelemetry/api';
import { cut } from '../shared/cut.ts';
import { requireNames } from '../shared/option-checks.ts';

/** A header field that is told, and the attribute that it is told by. */
export interface HeaderAttribute {
  /** Name in lower case. */
  readonly name: string;
  readonly attribute: string;
}

/**
 * The fields that an option names.
 *
 * @throws UsageError if one is no field name, or is sensitive: such a field is never told.
 */
export function headerAttributes(option: string, names: readonly string[], prefix: string): HeaderAttribute[] {
  requireNames(option, names);
  return names.map((given) => {
    const name = given.toLowerCase();
    if (!isToken(name)) throw new UsageError(`${option} must be header names, got ${JSON.stringify(given)}`);
    if (defaultSensitiveHeaders.has(name)) throw new UsageError(`${option} names ${name}, which holds secrets`);
    return { name, attribute: `${prefix}.${name}` };
  });
}

/** Adds the values of fields, each field a list. @param sensitive - Names, in lower case, that are left out. */
export function addHeaders(
  attributes: Attributes,
  headers: HttpHeaders,
  wanted: readonly HeaderAttribute[],
  sensitive: ReadonlySet<string>,
): void {
  for (const { name, attribute } of wanted) {
    if (sensitive.has(name)) continue;
    const values = headers.getAll(name);
    if (values.length > 0) attributes[attribute] = values.map(cut);
  }
}
