import { UsageError } from '@lamella/service-core';
import { encodeSegment } from '../shared/canonical-path.ts';

/** A path pattern, taken apart. */
export interface PathPattern {
  /** As it was given. */
  readonly source: string;
  /** The same for patterns that match the same paths, whatever their captures are called. */
  readonly shape: string;
  /** Pattern for the tree of paths without a slash at the end, if there are such. */
  readonly plain: string | undefined;
  /** Pattern for the tree of paths with one, which is left out there; if there are such. */
  readonly slashed: string | undefined;
  /** Names of captures with the index of their segment. */
  readonly captures: readonly { readonly name: string; readonly index: number; readonly isRest: boolean }[];
}

/**
 * Reads a pattern: segments that are text, `:name` for one segment, and `*name` (or `*`) as the last one for whatever follows.
 *
 * @throws UsageError if it is none.
 */
export function parsePathPattern(source: string): PathPattern {
  if (!source.startsWith('/')) throw bad(source, 'it must begin with a slash');
  const segments = source.slice(1).split('/');
  const isSlashed = segments.at(-1) === '';
  if (isSlashed) segments.pop();
  const captures: { name: string; index: number; isRest: boolean }[] = [];
  const tree: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const mark = segment[0];
    if (mark !== ':' && mark !== '*') {
      tree.push(literal(source, segment));
      continue;
    }
    const isRest = mark === '*';
    const name = isRest && segment === '*' ? 'rest' : segment.slice(1);
    if (!NAME.test(name) || name === '__proto__') throw bad(source, `${JSON.stringify(segment)} is no name`);
    if (captures.some((capture) => capture.name === name)) throw bad(source, `it has ${name} twice`);
    if (isRest && (isSlashed || index !== segments.length - 1)) throw bad(source, '* must be the last segment');
    captures.push({ name, index, isRest });
    tree.push(isRest ? '*' : ':p');
  }
  const hasRest = captures.at(-1)?.isRest === true;
  const fixed = (hasRest ? tree.slice(0, -1) : tree).map((segment, index) =>
    segment === ':p' ? `:p${index}` : segment,
  );
  const base = `/${fixed.join('/')}`;
  const below = fixed.length === 0 ? '' : base;
  return {
    source,
    shape: `/${tree.join('/')}${isSlashed ? '/' : ''}`,
    plain: hasRest ? `${below}/**:rest` : isSlashed ? undefined : base,
    slashed: hasRest ? `${below}/**` : isSlashed ? base : undefined,
    captures,
  };
}

/** Text that matches itself, in the spelling of canonical paths. */
function literal(source: string, segment: string): string {
  if (segment === '' || segment === '.' || segment === '..') throw bad(source, 'it has an empty or a dot segment');
  if (segment.includes('%')) throw bad(source, 'text in it is written as it is meant, not percent-encoded');
  return encodeSegment(segment).replace(SPECIAL, '\\$&');
}

function bad(source: string, what: string): UsageError {
  return new UsageError(`path pattern ${JSON.stringify(source)}: ${what}`);
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** What means something in a pattern of the tree. */
const SPECIAL = /[:*(){}+?\\]/g;
