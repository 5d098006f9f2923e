import { Readable } from 'node:stream';
import { settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { jsonOfData } from './json-of-data.ts';

describe('jsonOfData', () => {
  it('reads values of the command line and of the standard input, in order', async () => {
    const input = jsonOfData(['{"a":1}{"a":2}', '-', '3'], () =>
      Readable.from([Buffer.from('{"a"'), Buffer.from(':"\u00e9"}')]),
    );
    expect(await texts(input.values)).toEqual([
      '--data {"a":1}',
      '--data {"a":2}',
      'standard input {"a":"\u00e9"}',
      '--data 3',
    ]);
  });

  it('puts letters together that are cut in the middle, and refuses what is no UTF-8', async () => {
    const bytes = Buffer.from('"\u00e9"');
    const cut = jsonOfData(['@-'], () => Readable.from([bytes.subarray(0, 2), bytes.subarray(2)]));
    expect(await texts(cut.values)).toEqual(['standard input "\u00e9"']);
    const wrong = jsonOfData(['-'], () => Readable.from([Buffer.from([0x22, 0xff, 0x22])]));
    await expect(texts(wrong.values)).rejects.toMatchObject({ exitCode: 2 });
  });

  it('ends when nobody wants any more, and says which file there is not', async () => {
    const endless = new Readable({ read() {} });
    const input = jsonOfData(['-'], () => endless);
    const reading = texts(input.values);
    endless.push('1 ');
    await settle(1);
    input.close();
    expect(await reading).toEqual(['standard input 1']);
    const missing = jsonOfData(['@/no/such/file'], () => endless);
    await expect(texts(missing.values)).rejects.toThrow('cannot read /no/such/file');
  });
});

async function texts(values: AsyncIterable<{ text: string; where: string }>): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { text, where } of values) found.push(`${where} ${text}`);
  return found;
}
