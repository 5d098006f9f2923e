import { badResponse, fieldsOf, listField, textField } from './fields.ts';
import type { Fields } from './optional-fields.ts';
import { isFields, optionalText } from './optional-fields.ts';
import type { AcmeProblem } from './problem.ts';
import { readProblem } from './problem.ts';

/** Where the parts of an ACME server are. RFC 8555 section 7.1.1. */
export interface Directory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  /** What has to be agreed to, if anything. */
  readonly termsOfService: string | undefined;
  /** Whether an account at somebody else has to be named. */
  readonly externalAccountRequired: boolean;
}

/** What is asked for, and how far it is. Section 7.1.3. */
export interface Order {
  readonly status: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';
  readonly authorizations: readonly string[];
  readonly finalize: string;
  readonly certificate: string | undefined;
  readonly problem: AcmeProblem | undefined;
}

/** Whether a name is ours, and how it can be proved. Section 7.1.4. */
export interface Authorization {
  readonly status: 'pending' | 'valid' | 'invalid' | 'deactivated' | 'expired' | 'revoked';
  readonly identifier: string;
  readonly isWildcard: boolean;
  readonly challenges: readonly Challenge[];
}

/** One way to prove it. Section 8. */
export interface Challenge {
  readonly type: string;
  readonly url: string;
  /** Letters, digits, `-` and `_`. */
  readonly token: string;
  readonly problem: AcmeProblem | undefined;
}

/** @throws AcmeError `LML_ERR_ACME_BAD_RESPONSE` if it is none. */
export function readDirectory(value: unknown): Directory {
  const fields = fieldsOf(value, 'the directory');
  const meta = isFields(fields['meta']) ? fields['meta'] : {};
  return {
    newNonce: textField(fields, 'newNonce', 'the directory'),
    newAccount: textField(fields, 'newAccount', 'the directory'),
    newOrder: textField(fields, 'newOrder', 'the directory'),
    termsOfService: optionalText(meta, 'termsOfService'),
    externalAccountRequired: meta['externalAccountRequired'] === true,
  };
}

/** @throws AcmeError `LML_ERR_ACME_BAD_RESPONSE` if it is none. */
export function readOrder(value: unknown): Order {
  const fields = fieldsOf(value, 'an order');
  return {
    status: statusOf(fields, ORDER_STATUSES, 'an order'),
    authorizations: textsOf(listField(fields, 'authorizations', 'an order')),
    finalize: textField(fields, 'finalize', 'an order'),
    certificate: optionalText(fields, 'certificate'),
    problem: problemOf(fields),
  };
}

/** @throws AcmeError `LML_ERR_ACME_BAD_RESPONSE` if it is none. */
export function readAuthorization(value: unknown): Authorization {
  const fields = fieldsOf(value, 'an authorization');
  const identifier = fieldsOf(fields['identifier'], 'the identifier of an authorization');
  return {
    status: statusOf(fields, AUTHORIZATION_STATUSES, 'an authorization'),
    identifier: textField(identifier, 'value', 'an identifier'),
    isWildcard: fields['wildcard'] === true,
    challenges: listField(fields, 'challenges', 'an authorization').flatMap(challengeOf),
  };
}

/** A challenge that has no token, or one that would not fit into a path, is one that nobody here can solve. */
function challengeOf(value: unknown): readonly Challenge[] {
  if (!isFields(value)) return [];
  const [type, url, token] = ['type', 'url', 'token'].map((name) => optionalText(value, name));
  if (type === undefined || url === undefined || token === undefined || !TOKEN.test(token)) return [];
  return [{ type, url, token, problem: problemOf(value) }];
}

function problemOf(fields: Fields): AcmeProblem | undefined {
  return isFields(fields['error']) ? readProblem(fields['error']) : undefined;
}

function textsOf(values: readonly unknown[]): readonly string[] {
  return values.map((value) => {
    if (typeof value === 'string') return value;
    throw badResponse('a list of addresses has something else in it');
  });
}

function statusOf<const Status extends string>(fields: Fields, known: readonly Status[], what: string): Status {
  const status = known.find((candidate) => candidate === fields['status']);
  if (status === undefined)
    throw badResponse(`${what} has the status ${JSON.stringify(fields['status'])?.slice(0, 40)}`);
  return status;
}

const ORDER_STATUSES = ['pending', 'ready', 'processing', 'valid', 'invalid'] as const;
const AUTHORIZATION_STATUSES = ['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked'] as const;
const TOKEN = /^[A-Za-z0-9_-]{1,256}$/;
