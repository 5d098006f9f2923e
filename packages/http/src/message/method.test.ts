import { METHODS } from 'node:http';
import { expect, it } from 'vitest';
import { isIdempotent } from './method.ts';

it('takes for idempotent what the standard says, in that case, and nothing else', () => {
  const all = [...METHODS, 'get', 'Put', ''];
  expect(all.filter(isIdempotent).sort()).toEqual(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PUT', 'TRACE']);
});
