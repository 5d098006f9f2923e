import type { Document, Node } from 'yaml';
import { isMap, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import type { core, ZodType } from 'zod';
import { didYouMean } from '../words/near-names.ts';
import type { ConfigProblem } from './config-error.ts';
import { ConfigError } from './config-error.ts';
import { issueWords, knownFields } from './issue-words.ts';

/**
 * Reads a configuration in YAML, or JSON, which is YAML too.
 *
 * @param fileName - How messages call the file.
 * @throws ConfigError that names every problem with its line and column.
 */
export function parseConfig<Config>(text: string, fileName: string, schema: ZodType<Config>): Config {
  if (text.length > MAX_CHARACTERS) {
    throw new ConfigError(fileName, [{ ...START, message: `the file is longer than ${MAX_CHARACTERS} characters` }]);
  }
  const lineCounter = new LineCounter();
  // A file is written by hand: what the core schema does not know, such as a timestamp, is text.
  const document = parseDocument(text, { lineCounter, uniqueKeys: true, strict: true, prettyErrors: false });
  // A warning is a tag that nobody knows, such as `!env NAME`: taken for its text it would be a wrong value that nobody sees.
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    throw new ConfigError(
      fileName,
      faults
        .slice(0, MAX_PROBLEMS)
        .map(({ pos, code, message }) => ({ ...placeAt(lineCounter, pos[0]), message: OWN_WORDS[code] ?? message })),
    );
  }
  // Fields that are not known have a message each, so what they may have been stands in that of the issue.
  const error = (issue: core.$ZodRawIssue): string | undefined =>
    issue.code === 'unrecognized_keys' ? knownFields(issue).join(' ') : issueWords(issue);
  const result = schema.safeParse(plainValue(document, fileName), { error });
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap(branchOf).flatMap((issue) => problemsOf(issue, document, lineCounter));
  throw orderedError(fileName, problems);
}

/**
 * What is wrong about parts of a configuration, with their places.
 *
 * @param text - A configuration that {@link parseConfig} has read.
 */
export function locatedError(
  text: string,
  fileName: string,
  parts: readonly { readonly path: readonly (string | number)[]; readonly message: string }[],
): ConfigError {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const problems = parts.map(({ path, message }) => ({
    ...placeOf(path, document, lineCounter),
    message: `${named(path).slice(0, -1)}: ${message}`,
  }));
  return orderedError(fileName, problems);
}

function orderedError(fileName: string, problems: readonly ConfigProblem[]): ConfigError {
  const sorted = problems.toSorted((one, other) => one.line - other.line || one.column - other.column);
  return new ConfigError(fileName, sorted.slice(0, MAX_PROBLEMS));
}

/** Aliases that multiply themselves (`&a [*b, *b]`) are refused by the library. */
function plainValue(document: Document, fileName: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new ConfigError(fileName, [{ ...START, message: error instanceof Error ? error.message : String(error) }]);
  }
}

/** Of the forms that a value may have, the one that it comes closest to says what is wrong. */
function branchOf(issue: core.$ZodIssue): readonly core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const isWrongType = (issues: readonly core.$ZodIssue[]): boolean =>
    issues.some(({ code, path }) => path.length === 0 && (code === 'invalid_type' || code === 'invalid_value'));
  const close = issue.errors.filter((issues) => !isWrongType(issues));
  const [only] = close;
  if (close.length !== 1 || only === undefined) return [issue];
  return only.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })).flatMap(branchOf);
}

function problemsOf(issue: core.$ZodIssue, document: Document, lineCounter: LineCounter): readonly ConfigProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...placeOf([...issue.path, key], document, lineCounter),
      message: `${named(issue.path)}${key} is no field here${fieldAdvice(key, issue.message.split(' '))}`,
    }));
  }
  const name = named(issue.path).slice(0, -1) || 'the configuration';
  return [{ ...placeOf(issue.path, document, lineCounter), message: `${name}: ${lowerFirst(issue.message)}` }];
}

function fieldAdvice(key: string, known: readonly string[]): string {
  return didYouMean(key, known) || `; there are: ${known.join(', ')}`;
}

/** `routes[2].to.`, or nothing at the top. */
function named(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return text === '' ? '' : `${text.replace(/^\./, '')}.`;
}

/** Where a field stands; a missing one, where it would have to stand. */
function placeOf(
  path: readonly PropertyKey[],
  document: Document,
  lineCounter: LineCounter,
): Pick<ConfigProblem, 'line' | 'column'> {
  for (let length = path.length; length > 0; length--) {
    const start = startOf(path.slice(0, length), document);
    if (start !== undefined) return placeAt(lineCounter, start);
  }
  return placeAt(lineCounter, rangeStart(document.contents) ?? 0);
}

/** The key of a field says more of its place than its value, which may be missing. */
function startOf(path: readonly PropertyKey[], document: Document): number | undefined {
  const key = path.at(-1);
  const parent = document.getIn(path.slice(0, -1), true) ?? document.contents;
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key);
    return pair === undefined ? undefined : rangeStart(pair.key);
  }
  return rangeStart(document.getIn(path, true));
}

function rangeStart(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0]; // nodes have a range once they were parsed
}

function placeAt(lineCounter: LineCounter, offset: number): Pick<ConfigProblem, 'line' | 'column'> {
  const { line, col } = lineCounter.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

/** Where the library speaks to programmers. */
const OWN_WORDS: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'a second document begins here; a file has one',
};

const START = { line: 1, column: 1 } as const;
const MAX_PROBLEMS = 20;
const MAX_CHARACTERS = 4 * 1024 * 1024;
