import { pino, type Logger } from 'pino';

/** Structured logs on stdout. Redaction is the last net: nothing here should ever be handed a secret. */
export function createLogger(name: string, level: string): Logger {
  return pino({
    name,
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: [
        'authorization',
        '*.authorization',
        'req.headers.authorization',
        'req.headers["idempotency-key"]',
        '*.token',
        '*.number',
        '*.cvc',
      ],
      censor: '[redacted]',
    },
  });
}
