import { AcmeError } from '../errors.ts';
import type { Fields } from './optional-fields.ts';
import { isFields, optionalText } from './optional-fields.ts';

/** Takes JSON for an object. @throws AcmeError `LML_ERR_ACME_BAD_RESPONSE` if it is none. */
export function fieldsOf(value: unknown, what: string): Fields {
  if (isFields(value)) return value;
  throw badResponse(`${what} is no object`);
}

/** A field that has to be a text of 1 to 2_048 characters. @throws AcmeError if it is not. */
export function textField(fields: Fields, name: string, what: string): string {
  const text = optionalText(fields, name);
  if (text === undefined) throw badResponse(`${what} has no ${name}`);
  return text;
}

/** A field that has to be a list. @throws AcmeError if it is none, or has more than 1_000 items. */
export function listField(fields: Fields, name: string, what: string): readonly unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw badResponse(`${what} has no list of ${name}`);
  if (value.length > MAX_ITEMS) throw badResponse(`${what} has ${value.length} ${name}, at most ${MAX_ITEMS} are read`);
  return value;
}

/** A server says what it must not say. */
export function badResponse(why: string, cause?: unknown): AcmeError {
  const message = `the ACME server gives no proper answer: ${why}`;
  return new AcmeError('LML_ERR_ACME_BAD_RESPONSE', message, cause === undefined ? {} : { cause });
}

const MAX_ITEMS = 1_000;
