/** Whether a path has `.` or `..` as a whole segment, each dot plain or encoded, parameters of the segment aside. */
export function hasDotSegment(path: string): boolean {
  return DOT_SEGMENT.test(path);
}

const DOT_SEGMENT = /(?:^|\/|%2f|\\|%5c)(?:\.|%2e){1,2}(?:$|\/|%2f|\\|%5c|;|%3b)/i;
