/** Schedules at the server. The SDK's own update sends no conflict token, and would undo a pause of that moment. */
import { randomUUID } from 'node:crypto';
import { isGrpcServiceError, ScheduleClient, ScheduleNotFoundError } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { Definition } from './schedule-definition.ts';

/** gRPC status. */
const alreadyExists = 6;
const deadlineMs = 10_000;

export interface FoundSchedule {
  readonly id: string;
  readonly definition: Definition;
  readonly paused: boolean;
  readonly note: string;
  /** As the server answered. */
  readonly raw: Awaited<ReturnType<ReturnType<ScheduleClient['getHandle']>['describe']>>['raw'];
}

export interface Schedules {
  find(id: string): Promise<FoundSchedule | undefined>;
  /** Ids that begin so; may lag behind by a second. */
  list(prefix: string): Promise<readonly string[]>;
  /** With a note it begins paused, else it runs at once. False: it is there already. */
  create(id: string, definition: Definition, pausedNote?: string): Promise<boolean>;
  /** Left as it is where somebody has changed it since it was found; so is whether it is paused, always. */
  update(found: FoundSchedule, definition: Definition): Promise<void>;
  remove(id: string): Promise<void>;
  /** One turn now; after the one under way, if there is one. */
  trigger(id: string): Promise<void>;
}

export function createSchedules(connection: NativeConnection, namespace: string): Schedules {
  const client = new ScheduleClient({ connection, namespace });
  const service = client.workflowService;
  const { identity } = client.options;
  const inTime = <T>(call: () => Promise<T>): Promise<T> =>
    connection.withDeadline(Date.now() + deadlineMs, call);
  const asked = { namespace, identity };
  return {
    find: async (id) => {
      try {
        const { raw } = await inTime(() => client.getHandle(id).describe());
        const { schedule } = raw;
        if (schedule == null) return undefined;
        const { state, ...definition } = schedule;
        return { id, definition, paused: state?.paused ?? false, note: state?.notes ?? '', raw };
      } catch (error) {
        if (error instanceof ScheduleNotFoundError) return undefined;
        throw error;
      }
    },
    list: async (prefix) => {
      const ids: string[] = [];
      for await (const { scheduleId } of client.list()) {
        if (scheduleId.startsWith(prefix)) ids.push(scheduleId);
      }
      return ids;
    },
    create: async (scheduleId, definition, pausedNote) => {
      const state = { paused: pausedNote !== undefined, notes: pausedNote ?? '' };
      try {
        await inTime(() =>
          service.createSchedule({
            ...asked,
            ...{ scheduleId, requestId: randomUUID(), schedule: { ...definition, state } },
            initialPatch: state.paused ? null : { triggerImmediately: {} },
          }),
        );
        return true;
      } catch (error) {
        if (isGrpcServiceError(error) && (error.code as number) === alreadyExists) return false;
        throw error;
      }
    },
    update: async ({ id: scheduleId, raw }, definition) => {
      await inTime(() =>
        service.updateSchedule({
          ...asked,
          ...{ scheduleId, requestId: randomUUID() },
          schedule: { ...definition, state: raw.schedule?.state ?? null },
          conflictToken: raw.conflictToken ?? null,
        }),
      );
    },
    remove: async (id) => {
      await inTime(() => client.getHandle(id).delete()).catch((error: unknown) => {
        // By another keeper, or listed a moment longer than it stands.
        if (!(error instanceof ScheduleNotFoundError)) throw error;
      });
    },
    trigger: (id) => inTime(() => client.getHandle(id).trigger('BUFFER_ONE')),
  };
}
