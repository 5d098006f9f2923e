import { UsageError } from '@lamella/service-core';
import { encodeDer } from './der-encoder.ts';

/**
 * Encodes a date of a certificate.
 *
 * @remarks
 * Source: RFC 5280 section 4.1.2.5: UTCTime through the year 2049 and GeneralizedTime from 2050 on, in UTC, to the second, with a `Z`.
 *
 * @param atMs - Milliseconds since the Unix epoch; what is less than a second is cut off. From 1950-01-01 to 9999-12-31T23:59:59.
 * @throws UsageError if it is out of that range.
 */
export function derTime(atMs: number): Uint8Array {
  if (!(atMs >= FIRST_MS && atMs <= LAST_MS))
    throw new UsageError(`a date of a certificate is 1950 to 9999, got ${atMs} ms`);
  const seconds = Math.floor(atMs / 1_000);
  const { year, month, day } = civilDate(Math.floor(seconds / SECONDS_OF_DAY));
  const ofDay = seconds - Math.floor(seconds / SECONDS_OF_DAY) * SECONDS_OF_DAY;
  const time = [month, day, Math.floor(ofDay / 3_600), Math.floor(ofDay / 60) % 60, ofDay % 60].map(twoDigits).join('');
  return year < 2050
    ? encodeDer(0x17, Buffer.from(`${twoDigits(year % 100)}${time}Z`, 'latin1'))
    : encodeDer(0x18, Buffer.from(`${year}${time}Z`, 'latin1'));
}

/** The date of a day, counted from 1970-01-01, in the Gregorian calendar: years that begin in March have their leap day at the end. */
function civilDate(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = days + DAYS_FROM_MARCH_OF_YEAR_0;
  const era = Math.floor(shifted / DAYS_OF_400_YEARS);
  const dayOfEra = shifted - era * DAYS_OF_400_YEARS;
  const leapDays = Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

const SECONDS_OF_DAY = 86_400;
const DAYS_OF_400_YEARS = 146_097;
const DAYS_FROM_MARCH_OF_YEAR_0 = 719_468;
/** 1950-01-01T00:00:00Z: UTCTime goes no further back. */
const FIRST_MS = -631_152_000_000;
/** 9999-12-31T23:59:59Z, which RFC 5280 takes for "never", with what is left of that second. */
const LAST_MS = 253_402_300_799_999;
