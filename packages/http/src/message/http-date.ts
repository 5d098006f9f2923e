/**
 * Reads an HTTP date, in the form that everybody sends and in the two obsolete ones.
 *
 * @remarks
 * Source: RFC 9110 section 5.6.7. A year of two digits that would lie more than 50 years ahead is one of the century before.
 * Malformed dates and dates that no calendar has give `undefined`: they are advice, and bad advice fails no message.
 *
 * @param text - Field value without surrounding blanks, such as `"Sun, 06 Nov 1994 08:49:37 GMT"`.
 * @param nowMs - Current time in milliseconds since the Unix epoch; only dates with a year of two digits need it. Default 0.
 * @returns Milliseconds since the Unix epoch, whole seconds, or `undefined`.
 *
 * @example
 * parseHttpDate('Sun, 06 Nov 1994 08:49:37 GMT'); // 784_111_777_000
 * parseHttpDate('tomorrow'); // undefined
 */
export function parseHttpDate(text: string, nowMs = 0): number | undefined {
  const found = IMF_FIXDATE.exec(text)?.groups ?? RFC_850.exec(text)?.groups ?? ASCTIME.exec(text)?.groups;
  if (found === undefined) return undefined;
  const { day = '', month = '', year = '', hour = '', minute = '', second = '' } = found;
  return epochMs(fullYear(year, nowMs), MONTHS.indexOf(month), [day, hour, minute, second].map(Number));
}

/**
 * Writes an HTTP date. RFC 9110 section 5.6.7.
 *
 * @param atMs - Milliseconds since the Unix epoch; parts of a second are dropped.
 *
 * @example
 * formatHttpDate(784_111_777_000); // 'Sun, 06 Nov 1994 08:49:37 GMT'
 */
export function formatHttpDate(atMs: number): string {
  return new Date(atMs).toUTCString();
}

function epochMs(
  year: number,
  month: number,
  [day = 0, hour = 0, minute = 0, second = 0]: number[],
): number | undefined {
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month, day); // unlike Date.UTC it takes years below 100 for what they are
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day) return undefined;
  return date.setUTCHours(hour, minute, second);
}

function fullYear(year: string, nowMs: number): number {
  if (year.length === 4) return Number(year);
  const thisYear = new Date(nowMs).getUTCFullYear();
  const candidate = thisYear - (thisYear % 100) + Number(year);
  return candidate > thisYear + 50 ? candidate - 100 : candidate;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH = `(?<month>${MONTHS.join('|')})`;
const TIME = '(?<hour>[0-9]{2}):(?<minute>[0-9]{2}):(?<second>[0-9]{2})';
const IMF_FIXDATE = new RegExp(
  `^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>[0-9]{2}) ${MONTH} (?<year>[0-9]{4}) ${TIME} GMT$`,
);
const RFC_850 = new RegExp(
  `^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>[0-9]{2})-${MONTH}-(?<year>[0-9]{2}) ${TIME} GMT$`,
);
const ASCTIME = new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} (?<day>[0-9 ][0-9]) ${TIME} (?<year>[0-9]{4})$`);
