// #region direct
import { HttpRequest } from '@lamella/http';
import { directClientOn, httpClientOn } from '@lamella/http/testing';
import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { greeting } from './greeting.ts';

checkLedger({ beforeEach, afterEach }); // a test that leaves something open fails

describe('greeting', () => {
  it('greets by name', async () => {
    const client = directClientOn(greeting);
    const response = await client.serve(HttpRequest.from({ method: 'POST', target: 'http://app.test/', body: 'Ann' }));
    expect(await response.body.json()).toEqual({ hello: 'Ann' });
  });
  // #endregion direct

  // #region bytes
  it('is answered with 413 when the name has no end', async () => {
    const client = httpClientOn(greeting, { onError: () => {} });
    const body = 'x'.repeat(101);
    const response = await client.serve(HttpRequest.from({ method: 'POST', target: 'http://app.test/', body }));
    expect(response.status).toBe(413);
    response.body.cancel();
    await client.close();
  });
  // #endregion bytes
});
