import { layerCases, settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import type { BodySource } from '../../message/body-source.ts';
import { HttpBody } from '../../message/http-body.ts';
import { HttpHeaders } from '../../message/http-headers.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import type { ReplayBodyLayerOptions } from './replay-body-layer.ts';
import { replayBodyLayer } from './replay-body-layer.ts';

describe('replayBodyLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(replayBodyLayer())));

  it('lets a stream be read again and again, pulling it once', async () => {
    const source = new CountingSource(['one ', 'two ', 'three']);
    await served(source, {}, async (body) => {
      for (let count = 0; count < 3; count++) expect(await body.tryClone()?.text()).toBe('one two three');
      expect(await body.text()).toBe('one two three');
    });
    expect([source.reads, source.cancelled]).toEqual([4, []]); // three chunks and the end
  });

  it('reads nothing ahead, and begins anew from a half-read copy', async () => {
    const source = new CountingSource(['one ', 'two']);
    await served(source, {}, async (body) => {
      const first = body.tryClone();
      expect(await textOf(first?.read())).toBe('one ');
      expect(source.reads).toBe(1);
      first?.cancel();
      expect(await body.tryClone()?.text()).toBe('one two');
      expect(await body.text()).toBe('one two');
    });
    expect(source.cancelled).toEqual([]);
  });

  it('gives copies that are read side by side the same, whoever pulls', async () => {
    const source = new CountingSource(['one ', 'two ', 'three']);
    await served(source, {}, async (body) => {
      const texts = await Promise.all([body.tryClone()?.text(), body.tryClone()?.text(), body.text()]);
      expect(texts).toEqual(['one two three', 'one two three', 'one two three']);
    });
    expect(source.reads).toBe(4);
  });

  it('remembers maxBytes and not one more', async () => {
    await served(new CountingSource(['12345', '67890']), { maxBytes: 10 }, async (body) => {
      expect(await body.tryClone()?.text()).toBe('1234567890');
      expect(await body.text()).toBe('1234567890');
    });
    await served(new CountingSource(['12345', '678901']), { maxBytes: 10 }, async (body) => {
      const first = body.tryClone();
      const second = body.tryClone();
      expect(await first?.text()).toBe('12345678901');
      expect([body.canClone, body.tryClone()]).toEqual([false, undefined]);
      for (const late of [second, body]) {
        await expect(late?.text()).rejects.toMatchObject({
          code: 'LML_ERR_LIMIT',
          limit: 'maxBytes',
          maximum: 10,
          observed: 11,
        });
      }
    });
  });

  it('goes on beyond maxBytes for a copy that took over from one that was given up', async () => {
    const asked: ((chunk: Uint8Array | undefined) => void)[] = [];
    const source = { read: () => new Promise<Uint8Array | undefined>((give) => asked.push(give)), cancel() {} };
    await served(source, { maxBytes: 10 }, async (body) => {
      const first = body.tryClone();
      const lost = first?.read().catch(() => 'given up');
      first?.cancel('too slow');
      const text = body.text();
      await settle();
      asked.shift()?.(Buffer.from('longer than that')); // asked for by the first
      await settle();
      asked.shift()?.(undefined);
      expect(await text).toBe('longer than that');
      expect(body.tryClone()).toBeUndefined();
      await lost;
    });
  });

  it('leaves a body alone that is at hand, or says in front that it is too long', async () => {
    const bodies = [HttpBody.from('text'), HttpBody.empty, HttpBody.from(['12345'], { size: 5 })];
    for (const body of bodies) {
      await serve(body, { maxBytes: 4 }, async (seen) => expect(seen).toBe(body));
    }
    const fits = HttpBody.from(['1234'], { size: 4 });
    await serve(fits, { maxBytes: 4 }, async (seen) =>
      expect([seen === fits, seen.size, seen.canClone]).toEqual([false, 4, true]),
    );
  });

  it('keeps trailers', async () => {
    const trailers = HttpHeaders.from({ Sum: '1' });
    const body = HttpBody.fromSource(Object.assign(new CountingSource(['x']), { trailers }));
    await serve(body, {}, async (seen) => {
      const copy = seen.tryClone();
      await copy?.text();
      await seen.text();
      expect([copy?.trailers?.get('sum'), seen.trailers?.get('sum')]).toEqual(['1', '1']);
    });
  });

  it('gives every copy the failure of the stream, after what came before', async () => {
    const source = new CountingSource(['one '], new Error('broken'));
    await served(source, {}, async (body) => {
      for (const copy of [body.tryClone(), body]) {
        expect(await textOf(copy?.read())).toBe('one ');
        await expect(copy?.read()).rejects.toThrow('broken');
      }
    });
  });

  describe('what nobody reads to its end', () => {
    it('is cancelled when the service has answered', async () => {
      const source = new CountingSource(['one ', 'two']);
      await served(source, {}, async (body) => {
        const copy = body.tryClone();
        await copy?.read();
        copy?.cancel('enough');
        expect(source.cancelled).toEqual([]);
      });
      expect(source.cancelled).toHaveLength(1);
    });

    it('is cancelled when its last reader leaves later', async () => {
      const source = new CountingSource(['one ', 'two']);
      let late: HttpBody | undefined;
      await served(source, {}, async (body) => {
        late = body.tryClone();
        await late?.read();
      });
      expect(source.cancelled).toEqual([]); // an upload may go on while the response is there already
      late?.cancel('enough');
      expect(source.cancelled).toEqual(['enough']);
    });

    it('stays as it was if nobody began', async () => {
      const source = new CountingSource(['one ', 'two']);
      await served(source, {}, async () => {});
      expect([source.reads, source.cancelled]).toEqual([0, []]);
    });

    it('can still be read after the answer by who has it, but no more be copied', async () => {
      const source = new CountingSource(['one ', 'two']);
      let kept: HttpBody | undefined;
      await served(source, {}, async (body) => {
        kept = body;
      });
      expect([kept?.canClone, kept?.tryClone(), await kept?.text()]).toEqual([false, undefined, 'one two']);
    });

    it('is cancelled by a failure of the service too', async () => {
      const source = new CountingSource(['one ', 'two']);
      const failing = served(source, {}, async (body) => {
        await body.read();
        body.cancel();
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      await settle();
      expect(source.cancelled).toHaveLength(1);
    });
  });

  it('never hangs who reads a body twice: the second time is an error', async () => {
    await served(new CountingSource(['one']), {}, async (body) => {
      await body.text();
      await expect(body.text()).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
    });
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses a maxBytes of %d', (maxBytes) => {
    expect(() => replayBodyLayer({ maxBytes })).toThrow('maxBytes');
  });
});

class CountingSource implements BodySource {
  reads = 0;
  readonly cancelled: unknown[] = [];
  readonly #pieces: string[];
  readonly #error: Error | undefined;

  constructor(pieces: string[], error?: Error) {
    this.#pieces = pieces;
    this.#error = error;
  }

  async read(): Promise<Uint8Array | undefined> {
    const piece = this.#pieces[this.reads++];
    await settle();
    if (piece !== undefined) return Buffer.from(piece);
    if (this.#error !== undefined) throw this.#error;
    return undefined;
  }

  cancel(reason: unknown): void {
    this.cancelled.push(reason);
  }
}

function served(
  source: BodySource,
  options: ReplayBodyLayerOptions,
  use: (body: HttpBody) => Promise<void>,
): Promise<void> {
  return serve(HttpBody.fromSource(source), options, use);
}

async function serve(
  body: HttpBody,
  options: ReplayBodyLayerOptions,
  use: (body: HttpBody) => Promise<void>,
): Promise<void> {
  const service = replayBodyLayer(options)({
    async serve(request) {
      await use(request.body);
      return HttpResponse.from();
    },
  });
  await service.serve(HttpRequest.from({ method: 'POST', target: '/', body }));
}

async function textOf(chunk: Promise<Uint8Array | undefined> | undefined): Promise<string> {
  return Buffer.from((await chunk) ?? []).toString();
}
