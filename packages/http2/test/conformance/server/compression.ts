import { headers, literalBlock, PREFACE, SETTINGS_ACK, settings } from '../../support/frames.ts';
import type { CaseRest, ServerCase } from '../support/server-case.ts';
import { casesOf, connectionError, echoed, request } from '../support/server-case.ts';

const BLOCK = literalBlock(request('GET', '/headers'));

/** A request with these bytes behind its fields, or in front of them. */
function block(behind: string, front = ''): Uint8Array {
  return headers(1, Buffer.concat([Buffer.from(front, 'hex'), BLOCK, Buffer.from(behind, 'hex')]), { end: true });
}

function decodes(behind: string, seen: string, front = ''): CaseRest {
  return { send: [block(behind, front)], answers: echoed(1, `host|a.test${seen}`) };
}

function fails(behind: string, front = ''): CaseRest {
  return { send: [block(behind, front)], ...connectionError('COMPRESSION_ERROR', 'BAD_COMPRESSION') };
}

const indices = casesOf('RFC 7541 2.3.3');
const tableSize = casesOf('RFC 7541 4.2');
const integers = casesOf('RFC 7541 5.1');
const strings = casesOf('RFC 7541 5.2');
const indexed = casesOf('RFC 7541 6.1');
const literal = casesOf('RFC 7541 6.2');
const updates = casesOf('RFC 7541 6.3');

const FORMS =
  'A literal may enter the table, or not, or never; its name is given or indexed; strings are coded or plain.';
const IN_FRONT = 'The size of the table is updated in front of a block, within what was allowed.';

/** Header compression, as far as a connection shows it; the codec has tests of its own. RFC 7541. */
export const compression: readonly ServerCase[] = [
  indexed(
    'a field of the static table',
    'An index stands for a field.',
    decodes('90', '|accept-encoding|gzip, deflate'),
  ),
  indexed('a field of the dynamic table', 'An index stands for a field.', decodes('40016103626364be', '|a|bcd|a|bcd')),
  indexed('index 0', 'There is no field 0.', fails('80')),
  indices('a field beyond the tables', 'There is no field beyond the tables.', fails('be')),
  indices('a field far beyond the tables', 'There is no field beyond the tables.', fails('ffffff7f')),
  indices('a name beyond the tables', 'There is no name beyond the tables.', fails('7e0162')),
  literal('entering the table, name indexed', FORMS, decodes('5303612f62', '|accept|a/b')),
  literal('entering the table, name indexed, coded', FORMS, decodes('53811f', '|accept|a')),
  literal('entering the table, name given', FORMS, decodes('4001610162', '|a|b')),
  literal('not entering the table, name indexed', FORMS, decodes('0f04016a', '|accept|j')),
  literal('not entering the table, name given', FORMS, decodes('0001610162', '|a|b')),
  literal('never entering a table, name indexed', FORMS, decodes('1f04016a', '|accept|j')),
  literal('never entering a table, name given', FORMS, decodes('1001610162', '|a|b')),
  literal('coded by Huffman', FORMS, decodes('0081 1f 81 8f'.replaceAll(' ', ''), '|a|b')),
  strings('padding of more than 7 bits', 'The padding of a coded string has less than 8 bits.', fails('000161821fff')),
  strings('padding of zeros', 'The padding of a coded string is all ones.', fails('0001618118')),
  strings('the end of string', 'The end of string is not coded.', fails('00016184ffffffff')),
  strings('longer than the block', 'A string lies within its block.', fails('0001610562')),
  integers('longer than the block', 'An integer lies within its block.', {
    send: [headers(1, Buffer.from('3fff', 'hex'), { end: true })],
    ...connectionError('COMPRESSION_ERROR', 'BAD_COMPRESSION'),
  }),
  integers('larger than anybody needs', 'An integer beyond all limits is an error.', fails('', '3fffffffffffff01')),
  updates('in front', IN_FRONT, decodes('', '', '20')),
  updates('twice in front', IN_FRONT, decodes('', '', '203fe11f')),
  updates('to what was allowed', IN_FRONT, decodes('', '', '3fe11f')),
  updates('beyond what was allowed', IN_FRONT, fails('', '3fe21f')),
  tableSize('behind a field', IN_FRONT, fails('20')),
  casesOf('RFC 9113 4.3.1')(
    'no update, though the size was made smaller',
    'A client that has acknowledged a smaller table begins its next block with an update.',
    {
      limits: { headerTableBytes: 100 },
      greeting: [PREFACE, settings(), SETTINGS_ACK],
      ...fails('90'),
    },
  ),
  casesOf('RFC 9113 4.3.1')(
    'an update, as the size was made smaller',
    'A client that has acknowledged a smaller table begins its next block with an update.',
    {
      limits: { headerTableBytes: 100 },
      greeting: [PREFACE, settings(), SETTINGS_ACK],
      ...decodes('', '', '3f45'),
    },
  ),
];
