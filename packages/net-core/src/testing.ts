export type { Decoder, Split } from './testing/assert-decodes.ts';
export { assertDecodeFails, assertDecodes, splitsOf } from './testing/assert-decodes.ts';
export type { ByteStreamSubject } from './testing/byte-stream-cases.ts';
export { byteStreamCases } from './testing/byte-stream-cases.ts';
export type { TestHooks } from './testing/ledger-check.ts';
export { assertLedgerAt, checkLedger } from './testing/ledger-check.ts';
export type { ScriptedStream, ScriptStep } from './testing/scripted-stream.ts';
export { end, receive, receiveEnd, reset, scriptedStream, send } from './testing/scripted-stream.ts';
export { patternBytes, readAll, readExactly, text, utf8 } from './testing/stream-tools.ts';
