import { describe, expect, it, vi } from 'vitest';
import { systemClock } from './system-clock.ts';

// The system clock is the one place that touches the timers of the machine, so its tests fake those.
describe('systemClock', () => {
  // First, while nothing has read the coarse time with the real timers.
  it('has a coarse time that is never ahead, at most a tick behind, and not refreshed for nobody', () => {
    withFakeTimers(() => {
      const start = systemClock.coarseNowMs();
      expect(start).toBe(systemClock.nowMs());
      vi.advanceTimersByTime(49);
      expect(systemClock.coarseNowMs()).toBe(start);
      vi.advanceTimersByTime(1);
      expect(systemClock.coarseNowMs()).toBe(start + 50);
      vi.advanceTimersByTime(1_000);
      expect(vi.getTimerCount()).toBe(0);
      expect(systemClock.coarseNowMs()).toBe(systemClock.nowMs());
    });
  });

  it('elapses short timers exactly and long ones in their coarse list, never early', () => {
    withFakeTimers(() => {
      const elapsed: string[] = [];
      systemClock.startTimer(999, () => elapsed.push('short'));
      systemClock.startTimer(1_010, () => elapsed.push('long'));
      expect(systemClock.pendingTimers).toBe(2);

      vi.advanceTimersByTime(998);
      expect(elapsed).toEqual([]);
      vi.advanceTimersByTime(1);
      expect(elapsed).toEqual(['short']);
      vi.advanceTimersByTime(10);
      expect(elapsed).toEqual(['short']);
      vi.advanceTimersByTime(100);
      expect(elapsed).toEqual(['short', 'long']);
      expect(systemClock.pendingTimers).toBe(0);
    });
  });

  it('forgets cancelled timers, from any place of a list', () => {
    withFakeTimers(() => {
      for (const cancelled of [0, 1, 2]) {
        const elapsed: number[] = [];
        const timers = [0, 1, 2].map((index) => systemClock.startTimer(2_000, () => elapsed.push(index)));
        timers[cancelled]?.cancel();
        timers[cancelled]?.cancel();
        expect(systemClock.pendingTimers).toBe(2);
        vi.advanceTimersByTime(2_100);
        expect(elapsed).toEqual([0, 1, 2].filter((index) => index !== cancelled));
      }
      const short = systemClock.startTimer(10, () => {
        throw new Error('was cancelled');
      });
      short.cancel();
      short.cancel();
      vi.advanceTimersByTime(20);
      expect(systemClock.pendingTimers).toBe(0);
    });
  });

  it('serves the rest of a list when a callback throws or starts another timer of it', () => {
    withFakeTimers(() => {
      const elapsed: string[] = [];
      systemClock.startTimer(1_000, () => {
        systemClock.startTimer(1_000, () => elapsed.push('restarted'));
        throw new Error('broken callback');
      });
      systemClock.startTimer(1_000, () => elapsed.push('second'));
      expect(() => vi.advanceTimersByTime(1_050)).toThrow('broken callback');
      vi.advanceTimersByTime(2_100);
      expect(elapsed).toEqual(['second', 'restarted']);
      expect(systemClock.pendingTimers).toBe(0);
    });
  });

  it('does not count the time that the event loop was blocked before the start', () => {
    withFakeTimers(() => {
      let blockedMs = 0;
      const { now } = performance;
      const spy = vi.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + blockedMs);
      const elapsed: string[] = [];
      const older = systemClock.startTimer(1_000, () => elapsed.push('older'));
      systemClock.coarseNowMs();
      blockedMs = 5_000; // no timer has run in this time
      expect(systemClock.nowMs() - systemClock.coarseNowMs()).toBe(5_000);
      systemClock.startTimer(1_000, () => elapsed.push('started after the block'));
      older.cancel();
      vi.advanceTimersByTime(999);
      expect(elapsed).toEqual([]);
      vi.advanceTimersByTime(101);
      expect(elapsed).toEqual(['started after the block']);
      spy.mockRestore();
    });
  });

  it('serves what is due without delay when a callback throws and has started another timer', () => {
    withFakeTimers(() => {
      const elapsed: string[] = [];
      systemClock.startTimer(1_000, () => {
        systemClock.startTimer(1_000, () => elapsed.push('restarted'));
        throw new Error('broken callback');
      });
      systemClock.startTimer(1_000, () => elapsed.push('second'));
      expect(() => vi.advanceTimersByTime(1_100)).toThrow('broken callback');
      vi.advanceTimersByTime(100);
      expect(elapsed).toEqual(['second']);
      vi.advanceTimersByTime(2_000);
      expect(elapsed).toEqual(['second', 'restarted']);
    });
  });

  it('keeps nothing of cancelled timers of many long durations', () => {
    withFakeTimers(() => {
      for (let minutes = 2; minutes < 100; minutes++) systemClock.startTimer(minutes * 60_000, () => {}).cancel();
      vi.advanceTimersByTime(200);
      expect(vi.getTimerCount()).toBe(0);
    });
  });

  it('holds timers longer than setTimeout can, and never fires an infinite one', () => {
    withFakeTimers(() => {
      const thirtyDaysMs = 30 * 24 * 3600 * 1000;
      const elapsed: string[] = [];
      systemClock.startTimer(thirtyDaysMs, () => elapsed.push('month'));
      systemClock.startTimer(Number.POSITIVE_INFINITY, () => elapsed.push('never')).cancel();
      vi.advanceTimersByTime(thirtyDaysMs - 1);
      expect(elapsed).toEqual([]);
      vi.advanceTimersByTime(101);
      expect(elapsed).toEqual(['month']);
    });
  });

  it('keeps the process alive only while a timer runs', () => {
    const hasRef = (): boolean => process.getActiveResourcesInfo().includes('Timeout');
    const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const timer = systemClock.startTimer(7_000, () => {});
    expect(hasRef()).toBe(true);
    timer.cancel();
    const again = systemClock.startTimer(7_000, () => {});
    expect(hasRef()).toBe(true);
    again.cancel();
    expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length).toBe(before);
  });

  it('tells both times', () => {
    expect(Math.abs(systemClock.epochMs() - Date.now())).toBeLessThan(1_000);
    expect(systemClock.nowMs()).toBeLessThanOrEqual(performance.now());
  });
});

function withFakeTimers(test: () => void): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
  try {
    test();
    vi.advanceTimersByTime(200); // the coarse time stops ticking when nobody reads it
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
}
