import type { core } from 'zod';

/** What is wrong with a value, for whoever writes the file: what it must be, and what it is. `undefined`: the schema says it itself. */
export function issueWords(issue: core.$ZodRawIssue): string | undefined {
  const wanted = wantedOf(issue as core.$ZodIssue); // the parts that are read here are the same before and after
  if (wanted === undefined) return undefined;
  return issue.input === undefined ? `is missing; it must be ${wanted}` : `must be ${wanted}, is ${found(issue.input)}`;
}

/** The fields that an object may have. */
export function knownFields({ inst }: core.$ZodRawIssue): readonly string[] {
  const definition: unknown = inst?._zod.def;
  const shape = isRecord(definition) ? definition['shape'] : undefined;
  return isRecord(shape) ? Object.keys(shape) : [];
}

function wantedOf(issue: core.$ZodIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return bound(issue.origin, issue.inclusive === false ? 'greater than' : 'at least', Number(issue.minimum));
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', Number(issue.maximum));
    case 'invalid_union': {
      const forms = issue.errors.flatMap(([first]) => (first === undefined ? [] : [wantedOf(first)]));
      return forms.includes(undefined) || forms.length === 0 ? undefined : [...new Set(forms)].join(', or ');
    }
    default:
      return undefined;
  }
}

function bound(origin: string, comparison: string, limit: number): string {
  if (origin === 'array') return `a list of ${comparison} ${limit} ${limit === 1 ? 'item' : 'items'}`;
  if (origin === 'string') return `text of ${comparison} ${limit} ${limit === 1 ? 'character' : 'characters'}`;
  return `${comparison} ${limit}`;
}

function found(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a map';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}...`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** As YAML has them. */
const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

const MAX_LENGTH = 60;
