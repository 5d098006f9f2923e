import type { HttpRequest } from '@lamella/http';
import { HttpBody, HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';

/** Tells what it has been asked, sends back what it gets at /echo, bytes at /bytes/N, and takes its time at /slow. */
export function apiService(name: string): Service<HttpRequest, HttpResponse> {
  return {
    async serve({ path, query, method, version, headers, body }) {
      if (path === '/echo' && method === 'POST') return HttpResponse.from({ body });
      if (path === '/slow') return HttpResponse.from({ body: HttpBody.from(slowly(secondsOf(query))) });
      const bytes = /^\/bytes\/([0-9]{1,9})$/.exec(path)?.[1];
      if (bytes !== undefined) return HttpResponse.from({ body: HttpBody.from(someBytes(Number(bytes))) });
      const [host, via, proto] = ['host', 'via', 'x-forwarded-proto'].map((field) => headers.get(field));
      return HttpResponse.json({ server: name, path, host, version, via, proto });
    },
  };
}

async function* slowly(seconds: number): AsyncGenerator<string> {
  for (let second = 1; second <= seconds; second++) {
    yield `${second}\n`;
    await new Promise<void>((resolve) => systemClock.startTimer(1_000, resolve));
  }
  yield 'done\n';
}

function secondsOf(query: string | undefined): number {
  const seconds = Number(new URLSearchParams(query).get('seconds') ?? 3);
  return seconds >= 0 && seconds <= 60 ? seconds : 3;
}

/** One chunk over and over. */
function* someBytes(length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= CHUNK.length) yield left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
}

const CHUNK = new Uint8Array(64 * 1024).fill(0x2e);
