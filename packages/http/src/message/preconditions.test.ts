import { describe, expect, it } from 'vitest';
import { HttpHeaders } from './http-headers.ts';
import type { Validators } from './preconditions.ts';
import { evaluatePreconditions, hasPreconditions, ifRangeHolds, validatorsOf } from './preconditions.ts';

const CHANGED_MS = Date.UTC(2024, 0, 1, 12, 0, 0);
const BEFORE = 'Mon, 01 Jan 2024 11:59:59 GMT';
const EXACTLY = 'Mon, 01 Jan 2024 12:00:00 GMT';
const AFTER = 'Mon, 01 Jan 2024 12:00:01 GMT';
const CURRENT: Validators = { etag: '"v1"', lastModifiedMs: CHANGED_MS + 999 };
const WEAK: Validators = { etag: 'W/"v1"' };
const MISSING: Validators = { exists: false };

describe('evaluatePreconditions', () => {
  it.each<[string, Record<string, string>, Validators, string, string]>([
    // conditions, of what, for GET and HEAD, for PUT and others
    ['none', {}, CURRENT, 'proceed', 'proceed'],
    ['If-Match of the tag', { 'If-Match': '"v0", "v1"' }, CURRENT, 'proceed', 'proceed'],
    ['If-Match of another tag', { 'If-Match': '"v2"' }, CURRENT, 'failed', 'failed'],
    ['If-Match compares strongly', { 'If-Match': 'W/"v1"' }, CURRENT, 'failed', 'failed'],
    ['If-Match of a weak tag', { 'If-Match': 'W/"v1"' }, WEAK, 'failed', 'failed'],
    ['If-Match of anything', { 'If-Match': '*' }, CURRENT, 'proceed', 'proceed'],
    ['If-Match of anything without tags', { 'If-Match': '*' }, {}, 'proceed', 'proceed'],
    ['If-Match where nothing is', { 'If-Match': '*' }, MISSING, 'failed', 'failed'],
    ['If-Match of no tag', { 'If-Match': 'v1' }, CURRENT, 'failed', 'failed'],
    ['If-Match without tags', { 'If-Match': '"v1"' }, {}, 'failed', 'failed'],
    ['If-Unmodified-Since before', { 'If-Unmodified-Since': BEFORE }, CURRENT, 'failed', 'failed'],
    ['If-Unmodified-Since exactly', { 'If-Unmodified-Since': EXACTLY }, CURRENT, 'proceed', 'proceed'],
    ['If-Unmodified-Since of no date', { 'If-Unmodified-Since': 'soon' }, CURRENT, 'proceed', 'proceed'],
    ['If-Unmodified-Since of unknown age', { 'If-Unmodified-Since': BEFORE }, {}, 'proceed', 'proceed'],
    ['If-None-Match of the tag', { 'If-None-Match': '"v0", "v1"' }, CURRENT, 'not-modified', 'failed'],
    ['If-None-Match compares weakly', { 'If-None-Match': 'W/"v1"' }, CURRENT, 'not-modified', 'failed'],
    ['If-None-Match of a weak tag', { 'If-None-Match': '"v1"' }, WEAK, 'not-modified', 'failed'],
    ['If-None-Match of another tag', { 'If-None-Match': '"v2"' }, CURRENT, 'proceed', 'proceed'],
    ['If-None-Match of anything', { 'If-None-Match': '*' }, CURRENT, 'not-modified', 'failed'],
    ['If-None-Match where nothing is', { 'If-None-Match': '*' }, MISSING, 'proceed', 'proceed'],
    ['If-None-Match of no tag', { 'If-None-Match': 'v1' }, CURRENT, 'proceed', 'proceed'],
    ['If-Modified-Since before', { 'If-Modified-Since': BEFORE }, CURRENT, 'proceed', 'proceed'],
    ['If-Modified-Since exactly', { 'If-Modified-Since': EXACTLY }, CURRENT, 'not-modified', 'proceed'],
    ['If-Modified-Since after', { 'If-Modified-Since': AFTER }, CURRENT, 'not-modified', 'proceed'],
    ['If-Modified-Since of no date', { 'If-Modified-Since': 'soon' }, CURRENT, 'proceed', 'proceed'],
    ['If-Modified-Since of unknown age', { 'If-Modified-Since': AFTER }, {}, 'proceed', 'proceed'],
    // Precedence: a tag beats the date beside it, what guards a change comes first.
    ['If-Match beats its date', { 'If-Match': '"v1"', 'If-Unmodified-Since': BEFORE }, CURRENT, 'proceed', 'proceed'],
    [
      'If-None-Match beats its date',
      { 'If-None-Match': '"v2"', 'If-Modified-Since': AFTER },
      CURRENT,
      'proceed',
      'proceed',
    ],
    ['If-Match comes first', { 'If-Match': '"v2"', 'If-None-Match': '"v1"' }, CURRENT, 'failed', 'failed'],
    ['then If-None-Match', { 'If-Match': '"v1"', 'If-None-Match': '"v1"' }, CURRENT, 'not-modified', 'failed'],
  ])('%s', (_name, fields, validators, forRead, forChange) => {
    const headers = HttpHeaders.from(fields);
    const outcomes = ['GET', 'HEAD', 'PUT', 'DELETE'].map((method) =>
      evaluatePreconditions({ method, headers }, validators),
    );
    expect(outcomes).toEqual([forRead, forRead, forChange, forChange]);
  });

  it('joins several fields of a name into one list', () => {
    const headers = HttpHeaders.from([
      ['If-None-Match', '"v0"'],
      ['If-None-Match', '"v1"'],
    ]);
    expect(evaluatePreconditions({ method: 'GET', headers }, CURRENT)).toBe('not-modified');
  });
});

describe('hasPreconditions', () => {
  it('sees the four conditions and no other', () => {
    for (const name of ['If-Match', 'if-none-match', 'If-Modified-Since', 'If-Unmodified-Since']) {
      expect(hasPreconditions(HttpHeaders.from({ [name]: '*' }))).toBe(true);
    }
    expect(hasPreconditions(HttpHeaders.from({ 'If-Range': '"v1"' }))).toBe(false);
  });
});

describe('ifRangeHolds', () => {
  it.each<[string | undefined, Validators, boolean]>([
    [undefined, {}, true],
    ['"v1"', CURRENT, true],
    ['"v2"', CURRENT, false],
    ['W/"v1"', CURRENT, false],
    ['"v1"', WEAK, false],
    ['W/"v1"', WEAK, false],
    ['"v1"', {}, false],
    [EXACTLY, CURRENT, true],
    [BEFORE, CURRENT, false],
    [AFTER, CURRENT, false],
    [EXACTLY, {}, false],
    ['soon', CURRENT, false],
    ['', CURRENT, false],
  ])('%s of %o: %s', (value, validators, holds) => {
    expect(ifRangeHolds(value, validators)).toBe(holds);
  });

  it('does not believe in a date of this very second', () => {
    expect(ifRangeHolds(EXACTLY, CURRENT, CHANGED_MS + 999)).toBe(false);
    expect(ifRangeHolds(EXACTLY, CURRENT, CHANGED_MS + 1_000)).toBe(true);
  });
});

describe('validatorsOf', () => {
  it('reads ETag and Last-Modified, and leaves out a date that is none', () => {
    expect(validatorsOf(HttpHeaders.from({ ETag: '"v1"', 'Last-Modified': EXACTLY }))).toEqual({
      etag: '"v1"',
      lastModifiedMs: CHANGED_MS,
    });
    expect(validatorsOf(HttpHeaders.from({ 'Last-Modified': 'soon' }))).toEqual({});
  });
});
