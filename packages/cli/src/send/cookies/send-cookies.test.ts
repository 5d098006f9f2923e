import { HttpRequest, HttpResponse } from '@lamella/http';
import { serviceFn } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { cookieFiles, sendCookies, typedCookies } from './send-cookies.ts';

describe('typedCookies', () => {
  it('are the values with =, joined, in bytes of UTF-8', () => {
    expect(typedCookies(['a=1', 'file', ' b=ü; c=3 '])).toBe('a=1; b=Ã¼; c=3');
    expect(typedCookies(['file', ''])).toBeUndefined();
    expect(cookieFiles(['a=1', 'file', ''])).toEqual(['file', '']);
  });
});

describe('sendCookies', () => {
  it.each([{}, { cookie: [] }, { cookie: ['a=1'] }])('have no jar that nobody asked for: %o', (options) => {
    const cookies = sendCookies(options, { note: fail, warn: fail });
    cookies.save();
    expect(cookies.layer).toBeUndefined();
  });

  it('have one for an empty name, and for a file that is missing, which they tell', async () => {
    for (const name of ['', '/missing/file']) {
      const notes: string[] = [];
      const { layer } = sendCookies({ cookie: ['a=1', name] }, { note: (text) => void notes.push(text), warn: fail });
      const seen: (string | undefined)[] = [];
      const origin = serviceFn(({ headers }: HttpRequest) => {
        seen.push(headers.get('cookie'));
        return HttpResponse.from({
          headers: [
            ['Set-Cookie', 'set=1'],
            ['Set-Cookie', 'bad=1; Domain=other.test'],
          ],
        });
      });
      const service = layer?.(origin);
      for (let count = 0; count < 2; count++) await service?.serve(HttpRequest.from({ target: 'http://h.test/' }));
      expect(seen).toEqual([undefined, 'set=1']);
      const refused = Array(2).fill('A cookie of http://h.test/ was refused');
      expect(notes).toEqual(
        name === '' ? refused : [expect.stringContaining('No cookies of /missing/file: '), ...refused],
      );
    }
  });
});

function fail(text: string): never {
  throw new Error(`nobody should have been told: ${text}`);
}
