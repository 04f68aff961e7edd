/** The HTTP edge: everything before and after the handlers, put together without listening. */
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { accessLog } from './access-log.ts';
import { auditRoutes } from './audit/routes.ts';
import { approvalRoutes } from './approvals/routes.ts';
import { customerRoutes } from './customers/routes.ts';
import { disputeRoutes } from './disputes/routes.ts';
import { doubtRoutes } from './doubt/routes.ts';
import { docsRouter } from './docs.ts';
import { errorHandler, notFound } from './error-handler.ts';
import { eventRoutes } from './events/routes.ts';
import { healthRouter } from './health/router.ts';
import { ledgerRoutes } from './ledger/routes.ts';
import { mountRoutes } from './mount.ts';
import { openApiDocument } from './openapi.ts';
import { paymentMethodRoutes } from './payment-methods/routes.ts';
import { paymentRoutes } from './payments/routes.ts';
import type { Ports, SandboxClock } from './ports.ts';
import { booksRoutes } from './books/routes.ts';
import { breakRoutes } from './breaks/routes.ts';
import { payoutRoutes } from './payouts/routes.ts';
import { createRateLimit } from './rate-limit.ts';
import { reconciliationRoutes } from './reconciliations/routes.ts';
import { refundRoutes } from './refunds/routes.ts';
import { requestId } from './request-id.ts';
import { reviewRoutes } from './reviews/routes.ts';
import { riskListRoutes } from './risk/list-routes.ts';
import { riskReportRoutes } from './risk/report-routes.ts';
import { riskRuleRoutes } from './risk/rule-routes.ts';
import { returnRouter } from './returns/router.ts';
import type { Route } from './route.ts';
import { routingRoutes } from './routing/routes.ts';
import { sandboxClockRouter } from './sandbox-clock/router.ts';
import { settingsRoutes } from './settings/routes.ts';
import type { StaffTokens } from './staff-tokens.ts';
import { verifiedMoneyRoutes } from './verified-money/routes.ts';
import { version } from './version.ts';
import { webhookEventRoutes } from './webhook-events/routes.ts';
import { webhookRouter } from './webhooks/router.ts';

export interface AppSettings {
  readonly mode: 'test' | 'live';
  readonly publicUrl: string;
  /** Per credential. */
  readonly requestsPerSecondMax: number;
}

export interface AppDeps {
  readonly settings: AppSettings;
  readonly ports: Ports;
  /** Null: no staff token is accepted. */
  readonly staff: StaffTokens | null;
  /** Null: nobody moves the clock. */
  readonly sandboxClock: { readonly clock: SandboxClock; readonly secret: string } | null;
  /** Whether an error says that nothing was accepted because a part is away (503, repeat). */
  readonly isUnavailable: (error: unknown) => boolean;
  readonly log: Logger;
}

export function apiRoutes(ports: Ports): readonly Route[] {
  const {
    payments,
    approvals,
    doubts,
    settings,
    customers,
    disputes,
    paymentMethods,
    ledger,
    books,
    breaks,
    reconciliations,
    payouts,
    verifiedMoney,
    audit,
    events,
    webhookEvents,
    routing,
    risk,
    reviews,
  } = ports;
  return [
    ...paymentRoutes(payments),
    ...refundRoutes(payments),
    ...approvalRoutes(approvals),
    ...doubtRoutes(doubts),
    ...settingsRoutes(settings),
    ...customerRoutes(customers),
    ...disputeRoutes(disputes),
    ...paymentMethodRoutes(paymentMethods),
    ...ledgerRoutes(ledger),
    ...booksRoutes(books),
    ...breakRoutes(breaks),
    ...reconciliationRoutes(reconciliations),
    ...payoutRoutes(payouts),
    ...verifiedMoneyRoutes(verifiedMoney),
    ...auditRoutes(audit),
    ...eventRoutes(events),
    ...webhookEventRoutes(webhookEvents),
    ...routingRoutes(routing),
    ...riskRuleRoutes(risk),
    ...riskListRoutes(risk),
    ...riskReportRoutes(risk),
    ...reviewRoutes(reviews),
  ];
}

export function createApp(deps: AppDeps): Express {
  const { settings, ports, staff, sandboxClock, isUnavailable, log } = deps;
  const routes = apiRoutes(ports);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(requestId, accessLog(log), securityHeaders(), noStore, version);
  app.use(healthRouter(ports.health));
  app.use(docsRouter(openApiDocument(routes, settings.publicUrl)));
  app.use(webhookRouter(ports.webhooks));
  app.use(returnRouter(ports.returns));
  if (sandboxClock !== null) app.use(sandboxClockRouter(sandboxClock.clock, sandboxClock.secret));
  const authentication = { mode: settings.mode, principals: ports.principals, staff };
  const rateLimit = createRateLimit(settings.requestsPerSecondMax);
  mountRoutes(app, { authentication, rateLimit }, routes);
  app.use(notFound);
  app.use(errorHandler({ log, isUnavailable }));
  return app;
}

/** TLS ends in front of us or not at all (loopback), so pages here never upgrade their requests. */
function securityHeaders(): ReturnType<typeof helmet> {
  return helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } });
}

function noStore(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader('Cache-Control', 'no-store');
  next();
}
