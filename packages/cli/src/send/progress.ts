/** How far a transfer is. */
export interface TransferProgress {
  readonly receivedBytes: number;
  /** Bytes in all, if that is known. */
  readonly totalBytes: number | undefined;
  readonly elapsedMs: number;
}

/** One line about a transfer: how much of how much, percentage, speed and time left, as far as they are known. */
export function progressText({ receivedBytes, totalBytes, elapsedMs }: TransferProgress): string {
  const bytesPerSecond = elapsedMs > 0 ? (receivedBytes * 1_000) / elapsedMs : undefined;
  const speed = bytesPerSecond === undefined ? [] : [`${sizeText(bytesPerSecond)}/s`];
  if (totalBytes === undefined || totalBytes === 0) return [sizeText(receivedBytes), ...speed].join(', ');
  const percent = Math.floor((100 * receivedBytes) / totalBytes); // 100 is for the end alone
  const parts = [`${sizeText(receivedBytes)} of ${sizeText(totalBytes)}`, `${percent} %`, ...speed];
  const leftBytes = totalBytes - receivedBytes;
  if (leftBytes > 0 && bytesPerSecond !== undefined && bytesPerSecond > 0) {
    parts.push(`${timeText(leftBytes / bytesPerSecond)} left`);
  }
  return parts.join(', ');
}

function sizeText(byteCount: number): string {
  if (byteCount < 1_024) return `${Math.round(byteCount)} B`;
  let [value, unit] = [byteCount / 1_024, 0];
  for (; value >= 1_023.95 && unit < UNITS.length - 1; unit++) value /= 1_024;
  return `${value.toFixed(1)} ${UNITS[unit]}`;
}

/** `m:ss`, or `h:mm:ss`; days are told in hours. */
function timeText(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  const padded = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${padded(minutes)}:${padded(rest)}` : `${minutes}:${padded(rest)}`;
}

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const;
