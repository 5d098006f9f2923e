import { describe, expect, it } from 'vitest';
import { parseConfig } from './parse-config.ts';
import { reverseConfig } from './reverse-config.ts';

describe('what is wrong with a configuration', () => {
  it.each<[what: string, text: string, words: string]>([
    ['an empty file', '', 'the configuration: must be a map, is empty'],
    ['a list', '- a\n', 'the configuration: must be a map, is a list'],
    ['a field that is missing', 'listen: ":0"\n', 'routes: is missing; it must be a list'],
    ['a list without anything', 'routes: []\n', 'routes: must be a list of at least 1 item, is an empty list'],
    ['another type', 'keepHost: 1\n', 'keepHost: must be true or false, is 1'],
    ['a number below its range', 'connectTimeoutMs: 0\n', 'connectTimeoutMs: must be greater than 0, is 0'],
    ['no such value', 'httpVersion: h3\n', 'httpVersion: must be one of auto, h1, h2, is "h3"'],
    [
      'none of several forms',
      'groups: { a: { policy: random } }\n',
      'policy: must be one of power-of-two, round-robin, least-requests, or a map, is "random"',
    ],
    ['a map in place of text', 'listen: {}\n', 'listen: must be text, is a map'],
    ['text without anything', 'tls: { authority: "" }\n', 'tls.authority: must be text of at least 1 character, is ""'],
    [
      'a value that is long',
      `keepHost: ${'a'.repeat(100)}\n`,
      `keepHost: must be true or false, is "${'a'.repeat(59)}...`,
    ],
    ['a field that is spelt otherwise', 'listn: ":0"\n', 'listn is no field here; did you mean listen?'],
    [
      'a field that nobody knows',
      'groups: { a: { retries: { number: 1 } } }\n',
      'retries.number is no field here; there are: maxAttempts, maxBodyBytes, methods, statuses',
    ],
  ])('says of %s what there may be', (_what, text, words) => {
    expect(() => parseConfig(text, 'file', reverseConfig)).toThrow(words);
  });
});
