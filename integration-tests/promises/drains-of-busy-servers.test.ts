import { Worker } from 'node:worker_threads';
import type { HttpRequest } from '@lamella/http';
import { HttpResponse, httpServerLayer } from '@lamella/http';
import { autoServerLayer } from '@lamella/http2';
import { isTls, protocolRouter, serveListener } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { listenTcp } from '@lamella/net-tcp';
import type { Lifecycle } from '@lamella/service-core';
import { createLifecycle, serviceFn } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

checkLedger({ beforeEach, afterEach });

const hello = serviceFn(async (_: HttpRequest) => HttpResponse.text('here'));
/** What stands in front of HTTP, if anything. */
const SERVERS = {
  'HTTP/1.1': (lifecycle: Lifecycle) => httpServerLayer({ lifecycle })(hello),
  'both versions on one port': (lifecycle: Lifecycle) => autoServerLayer({ lifecycle })(hello),
  'a router of protocols': (lifecycle: Lifecycle) =>
    protocolRouter({
      lifecycle,
      routes: [{ detect: isTls, service: serviceFn(async () => {}) }],
      fallback: autoServerLayer({ lifecycle })(hello),
    }),
};

// The kernel takes connections and their bytes while the process does something else; what it has when the drain begins has come before.
describe.each(Object.keys(SERVERS) as (keyof typeof SERVERS)[])('a busy server that speaks %s', (kind) => {
  it('answers whoever has connected and asked before it drains', async () => {
    const { lifecycle, ask, answers } = await serve(kind);
    ask('connect', 40);
    ask('send');
    const drained = lifecycle.drain({ graceMs: 30_000 });
    expect(await answers()).toEqual(Array.from({ length: 40 }, () => 'answered'));
    await drained;
  });

  it('answers requests that come by connections in store just before it drains', async () => {
    const { lifecycle, ask, answers } = await serve(kind);
    ask('connect', 10);
    await new Promise((resolve) => setTimeout(resolve, 1_100)); // none of them is new any more
    ask('send');
    const drained = lifecycle.drain({ graceMs: 30_000 });
    expect(await answers()).toEqual(Array.from({ length: 10 }, () => 'answered'));
    await drained;
  });
});

async function serve(kind: keyof typeof SERVERS) {
  const lifecycle = createLifecycle();
  const listener = await listenTcp({ port: 0, host: '127.0.0.1' });
  void serveListener(listener, SERVERS[kind](lifecycle), { lifecycle });
  const { address } = listener;
  if (address.type !== 'tcp') throw new Error('a TCP listener has a TCP address');
  const done = new Int32Array(new SharedArrayBuffer(4));
  const clients = new Worker(CLIENTS, { eval: true, workerData: { port: address.port, done } });
  const outcome = new Promise<string[]>((resolve, reject) => clients.once('message', resolve).once('error', reject));
  onTestFinished(() => void clients.terminate());
  let steps = 0;
  return {
    lifecycle,
    /** Has the clients do something, and stands still until they have: nothing is accepted or read meanwhile. */
    ask(step: 'connect' | 'send', count = 0) {
      clients.postMessage({ step, count });
      Atomics.wait(done, 0, steps++);
    },
    answers: () => outcome,
  };
}

const CLIENTS = `
  const { connect } = require('node:net');
  const { parentPort, workerData: { port, done } } = require('node:worker_threads');
  const sockets = [];
  const told = () => { Atomics.add(done, 0, 1); Atomics.notify(done, 0); };
  const outcomes = [];
  parentPort.on('message', ({ step, count }) => {
    if (step === 'connect') {
      let left = count;
      for (let index = 0; index < count; index++) {
        const socket = connect(port, '127.0.0.1', () => { if (--left === 0) told(); });
        let outcome = 'ended';
        socket.on('data', (chunk) => { if (String(chunk).includes('200 OK')) outcome = 'answered'; });
        socket.on('error', (error) => { outcome = error.code; });
        socket.on('close', () => { if (outcomes.push(outcome) === count) parentPort.postMessage(outcomes); });
        sockets.push(socket);
      }
    } else {
      let left = sockets.length;
      const body = 'POST / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 3\\r\\n\\r\\nabc';
      for (const socket of sockets) socket.write(body, () => { if (--left === 0) told(); });
    }
  });`;
