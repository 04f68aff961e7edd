/** The sandbox's settings, and the only place it reads its environment. */
import { env } from 'node:process';
import { z } from 'zod';

/** As the service has it: by a key that can be guessed, anybody could sign. */
const keyBytesMin = 24;

const settingsSchema = z.object({
  /** 0 picks a free port; the ready line says which. */
  TENDER_SANDBOX_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  TENDER_SANDBOX_HOST: z.string().min(1).default('127.0.0.1'),
  /** Where shoppers' browsers reach it, for its pages; default: the address it listens on. */
  TENDER_SANDBOX_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** SQLite file of the durable books. */
  TENDER_SANDBOX_DATA: z.string().min(1),
  /** Events go to `<base>/<provider>`; without it they wait in their queue. */
  TENDER_SANDBOX_WEBHOOK_URL: z.url({ protocol: /^https?$/ }).optional(),
  TENDER_SANDBOX_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/, 'must be whsec_ and base64')
    .refine(
      (secret) => Buffer.from(secret.slice('whsec_'.length), 'base64').length >= keyBytesMin,
      `must be base64 after whsec_, of ${String(keyBytesMin)} bytes or more`,
    )
    .optional(),
  /** Where Tender takes the clock offset that POST /clock sets. */
  TENDER_SANDBOX_CLOCK_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** 1: stop when stdin closes, so that no sandbox outlives the supervisor that started it. */
  TENDER_PARENT_WATCH: z.enum(['0', '1']).default('0'),
});

export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly publicUrl: string | undefined;
  readonly dataPath: string;
  readonly webhookUrl: string | undefined;
  readonly webhookSecret: string | undefined;
  readonly clockUrl: string | undefined;
  readonly parentWatch: boolean;
}

export type SettingsResult =
  | { readonly kind: 'settings'; readonly settings: Settings }
  | { readonly kind: 'invalid'; readonly message: string };

/** An empty variable counts as absent: compose files and shells cannot easily unset one. */
export function readSettings(
  source: Readonly<Record<string, string | undefined>> = env,
): SettingsResult {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const parsed = settingsSchema.safeParse(given);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    return { kind: 'invalid', message: wrong.join('; ') };
  }
  const read = parsed.data;
  if ((read.TENDER_SANDBOX_WEBHOOK_URL ?? read.TENDER_SANDBOX_CLOCK_URL) !== undefined) {
    if (read.TENDER_SANDBOX_WEBHOOK_SECRET === undefined) {
      return {
        kind: 'invalid',
        message: 'TENDER_SANDBOX_WEBHOOK_SECRET: required with a URL to call',
      };
    }
  }
  return {
    kind: 'settings',
    settings: {
      port: read.TENDER_SANDBOX_PORT,
      host: read.TENDER_SANDBOX_HOST,
      publicUrl: read.TENDER_SANDBOX_PUBLIC_URL,
      dataPath: read.TENDER_SANDBOX_DATA,
      webhookUrl: read.TENDER_SANDBOX_WEBHOOK_URL,
      webhookSecret: read.TENDER_SANDBOX_WEBHOOK_SECRET,
      clockUrl: read.TENDER_SANDBOX_CLOCK_URL,
      parentWatch: read.TENDER_PARENT_WATCH === '1',
    },
  };
}
