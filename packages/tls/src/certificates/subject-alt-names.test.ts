import { expect, it } from 'vitest';
import { subjectAltNames } from './subject-alt-names.ts';

it.each<[string | undefined, readonly string[]]>([
  [undefined, []],
  ['DNS:a.test', ['DNS:a.test']],
  ['DNS:a.test, IP Address:192.0.2.1', ['DNS:a.test', 'IP Address:192.0.2.1']],
  ['DNS:"a, DNS:b.test", DNS:c.test', ['DNS:"a, DNS:b.test"', 'DNS:c.test']],
  ['URI:"a\\", DNS:b.test", DNS:c.test', ['URI:"a\\", DNS:b.test"', 'DNS:c.test']],
])('%j holds %j', (list, expected) => {
  expect(subjectAltNames(list)).toEqual(expected);
});
