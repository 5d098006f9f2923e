import type { HttpRequest } from '@lamella/http';
import { ProblemError } from '@lamella/web';
import type { PathValues } from './endpoint.ts';

/** What a number may be, and what it is if nobody says. */
export interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly preset?: number;
}

/** What is said of a request that can't be meant. */
export function badRequest(detail: string): ProblemError {
  return new ProblemError({ status: 400, detail });
}

/** A capture of the path. */
export function textOf(params: PathValues, name: string): string {
  return params[name] ?? '';
}

/** A whole number of the path. @throws ProblemError if it is none, or out of its range. */
export function integerOf(params: PathValues, name: string, range: NumberRange): number {
  return checked(name, textOf(params, name), range, INTEGER, 'a whole number');
}

/** A number of the path with up to three decimals. @throws ProblemError if it is none, or out of its range. */
export function decimalOf(params: PathValues, name: string, range: NumberRange): number {
  return checked(name, textOf(params, name), range, DECIMAL, 'a number');
}

/** A whole number of the query. @throws ProblemError if it is none, or out of its range. */
export function queryInteger(request: HttpRequest, name: string, range: NumberRange): number {
  return checked(name, queryText(request, name), range, INTEGER, 'a whole number');
}

/** A number of the query with up to three decimals. @throws ProblemError if it is none, or out of its range. */
export function queryDecimal(request: HttpRequest, name: string, range: NumberRange): number {
  return checked(name, queryText(request, name), range, DECIMAL, 'a number');
}

/** A parameter of the query. @throws ProblemError if it is there twice: which one counts would be a guess. */
export function queryText(request: HttpRequest, name: string): string | undefined {
  const values = queryPairs(request).filter(([key]) => key === name);
  if (values.length > 1) throw badRequest(`${name} stands ${values.length} times in the query; once is enough`);
  return values[0]?.[1];
}

/** All parameters of the query, decoded, in order. @throws ProblemError if there are more than 1,000. */
export function queryPairs(request: HttpRequest): readonly (readonly [name: string, value: string])[] {
  const pairs = [...new URLSearchParams(request.query ?? '')];
  if (pairs.length > MAX_PAIRS) throw badRequest(`the query has ${pairs.length} parameters; ${MAX_PAIRS} are the most`);
  return pairs;
}

/** Values by name; a list where a name came more than once. Any name is fine, even those that mean something to objects. */
export function valuesByName(pairs: Iterable<readonly [name: string, value: string]>): NamedValues {
  const values = new Map<string, string | string[]>();
  for (const [name, value] of pairs) {
    const before = values.get(name);
    if (before === undefined) values.set(name, value);
    else if (typeof before === 'string') values.set(name, [before, value]);
    else before.push(value);
  }
  return Object.fromEntries(values);
}

/** Values as JSON has them. */
export type NamedValues = Readonly<Record<string, string | readonly string[]>>;

function checked(name: string, text: string | undefined, range: NumberRange, form: RegExp, what: string): number {
  const { min, max, preset } = range;
  if (text === undefined && preset !== undefined) return preset;
  const value = text !== undefined && form.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  const got = text === undefined ? 'nothing' : JSON.stringify(text.slice(0, MAX_SHOWN));
  throw badRequest(`${name} must be ${what} from ${min} to ${max}, got ${got}`);
}

const INTEGER = /^[0-9]{1,10}$/;
const DECIMAL = /^[0-9]{1,10}(?:\.[0-9]{1,3})?$/;
const MAX_PAIRS = 1_000;
const MAX_SHOWN = 50;
