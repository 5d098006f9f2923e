import type { Fields } from './optional-fields.ts';
import { isFields, optionalText } from './optional-fields.ts';

/** What a server says about a failure: a problem document. RFC 8555 section 6.7, RFC 9457. */
export interface AcmeProblem {
  /** What kind of failure it is, without `urn:ietf:params:acme:error:`, such as `rateLimited`; `about:blank` if the server does not say. */
  readonly type: string;
  /** What people are told. */
  readonly detail: string | undefined;
  /** Status of HTTP, if it is known. */
  readonly status: number | undefined;
  /** The name that it is about. */
  readonly identifier: string | undefined;
  /** What is wrong with each of several names; at most 100. */
  readonly subproblems: readonly AcmeProblem[];
}

/** Reads a problem document; what is malformed in it counts as not there. */
export function readProblem(value: unknown, status?: number): AcmeProblem {
  const fields: Fields = isFields(value) ? value : {};
  const list: readonly unknown[] = Array.isArray(fields['subproblems']) ? fields['subproblems'] : [];
  const identifier = isFields(fields['identifier']) ? optionalText(fields['identifier'], 'value') : undefined;
  return {
    type: (optionalText(fields, 'type') ?? 'about:blank').replace(/^urn:ietf:params:acme:error:/, ''),
    detail: optionalText(fields, 'detail'),
    status: status ?? (typeof fields['status'] === 'number' ? fields['status'] : undefined),
    identifier,
    // Problems inside of problems inside of problems are none of the RFC, and might never end.
    subproblems: list
      .slice(0, MAX_SUBPROBLEMS)
      .map((item) => readProblem(isFields(item) ? { ...item, subproblems: [] } : item)),
  };
}

/** A problem as one line. */
export function problemText({ type, detail, identifier, subproblems }: AcmeProblem): string {
  const about = identifier === undefined ? '' : `${identifier}: `;
  const parts = subproblems.slice(0, 5).map((problem) => `; ${problemText(problem)}`);
  return `${about}${type}${detail === undefined ? '' : ` (${detail.replace(/[\u0000-\u001f\u007f]/g, ' ')})`}${parts.join('')}`;
}

const MAX_SUBPROBLEMS = 100;
