import { setTimeout as pause } from 'node:timers/promises';
import { request as call } from 'undici';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { errorReply, jsonReply } from '../http/reply.ts';
import type { Reply } from '../http/reply.ts';
import { readBody } from '../http/request.ts';
import type { Request } from '../http/request.ts';

const tenYearsSeconds = 10 * 366 * 24 * 60 * 60;
const advanceSchema = z.strictObject({
  advance_seconds: z.number().int().min(0).max(tenYearsSeconds),
});

const callDeadlineMs = 3_000;
const pausesMs = [250, 500, 1_000, 2_000];

export interface ClockControl {
  answer(request: Request): Promise<Reply>;
}

interface ClockControlOptions {
  readonly clock: Clock;
  /** Tender's end; undefined: the sandbox runs alone. */
  readonly url: string | undefined;
  readonly secret: string | undefined;
  /** Called once the sandbox's own time has moved. */
  onMoved(): void;
}

/** The absolute offset, so that repeats and lost replies do no harm. */
async function putOffset(url: string, secret: string, seconds: number): Promise<boolean> {
  try {
    const { statusCode, body } = await call(url, {
      method: 'PUT',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ offset_seconds: seconds }),
      signal: AbortSignal.timeout(callDeadlineMs),
    });
    await body.dump();
    return statusCode >= 200 && statusCode < 300;
  } catch {
    return false;
  }
}

export function createClockControl(options: ClockControlOptions): ClockControl {
  const { clock, url, secret = '' } = options;
  // One at a time: two absolute offsets must not overtake each other.
  let queue: Promise<unknown> = Promise.resolve();

  /** Tender may be restarting just now, so it gets a few tries. */
  async function share(): Promise<boolean> {
    if (url === undefined) return true;
    for (const pauseMs of pausesMs) {
      if (await putOffset(url, secret, clock.offsetSeconds())) return true;
      await pause(pauseMs);
    }
    return putOffset(url, secret, clock.offsetSeconds());
  }

  async function advance(seconds: number): Promise<Reply> {
    clock.advance(seconds);
    // Tender first learns what time it is, then what happened meanwhile.
    const isShared = await share();
    options.onMoved();
    if (!isShared) {
      const told = 'moved here, but Tender did not take it; advance by 0 to try again';
      return errorReply(502, 'unavailable', 'clock_not_shared', told);
    }
    const now = new Date(clock.now()).toISOString();
    return jsonReply(200, { now, offset_seconds: clock.offsetSeconds() });
  }

  return {
    async answer(request) {
      const read = readBody(advanceSchema, request);
      if (!read.ok) return read.reply;
      const answered = queue.then(() => advance(read.value.advance_seconds));
      queue = answered.catch(() => undefined);
      return answered;
    },
  };
}
