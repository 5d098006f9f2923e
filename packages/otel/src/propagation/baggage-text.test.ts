import { propagation } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { formatBaggage, parseBaggage } from './baggage-text.ts';

const entriesOf = (value: string) =>
  parseBaggage(value)
    ?.getAllEntries()
    .map(([key, entry]) => [key, entry.value]);

describe('baggage', () => {
  it('reads members, decoded, with blanks around them, and keeps their properties', () => {
    const value = ' user = ann%20b ,tenant=blue;secret;ttl=5, empty=';
    expect(entriesOf(value)).toEqual([
      ['user', 'ann b'],
      ['tenant', 'blue'],
      ['empty', ''],
    ]);
    const baggage = parseBaggage(value);
    expect(baggage && formatBaggage(baggage)).toBe('user=ann%20b,tenant=blue;secret;ttl=5,empty=');
  });

  it.each([[''], [','], ['nothing'], ['=value'], ['a b=c'], ['key=%zz'], ['key="quoted"'], ['ключ=1']])(
    'leaves a malformed member out: %j',
    (value) => {
      expect(entriesOf(value)).toBeUndefined();
      expect(entriesOf(`ok=1,${value},too=2`)).toEqual([
        ['ok', '1'],
        ['too', '2'],
      ]);
    },
  );

  it('takes 64 members and no more', () => {
    const value = Array.from({ length: 65 }, (_, index) => `k${index}=v`).join(',');
    expect(entriesOf(value)).toHaveLength(64);
    const all = propagation.createBaggage(
      Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, { value: 'v' }])),
    );
    expect(formatBaggage(all).split(',')).toHaveLength(64);
  });

  it('takes what fits into 8,192 characters, and does not write more', () => {
    const fits = `a=${'x'.repeat(8_190)}`;
    expect(fits).toHaveLength(8_192);
    expect(entriesOf(fits)).toHaveLength(1);
    expect(entriesOf(`${fits}x`)).toBeUndefined();
    expect(entriesOf(`first=1,${fits}`)).toEqual([['first', '1']]);
    const large = propagation.createBaggage({ first: { value: '1' }, a: { value: 'x'.repeat(8_190) } });
    expect(formatBaggage(large)).toBe('first=1');
    expect(entriesOf('k=v,'.repeat(300_000))).toEqual([['k', 'v']]);
  });

  it('writes nothing that would break the field', () => {
    const baggage = propagation.createBaggage({ 'a b': { value: '1' }, ok: { value: 'x,y;z="\r\n' } });
    expect(formatBaggage(baggage)).toBe('ok=x%2Cy%3Bz%3D%22%0D%0A');
    const half = propagation.createBaggage({ half: { value: '\ud83d' } }); // of a pair
    expect(formatBaggage(half)).toBe('half=%EF%BF%BD');
  });
});
