/** How risk was judged: for staff, of their merchant or of the installation, as rules and lists. */
import { readRoute, type Route } from '../route.ts';
import { requireStaff } from '../staff-act.ts';
import type { Risk } from './ports.ts';
import { presentReport } from './report-presenter.ts';
import { reportQuery, reportSchema, wantedOf } from './report-schema.ts';

export function riskReportRoutes(risk: Risk): readonly Route[] {
  return [
    readRoute(
      {
        tag: 'Risk',
        scopes: ['risk:read'],
        path: '/v1/risk/report',
        operationId: 'readRiskReport',
        summary: 'Drift of features, alert rates, precision at review capacity, shadow models',
        query: reportQuery,
        answers: { 200: { description: 'The report', schema: reportSchema } },
      },
      async ({ principal, query }) => {
        requireStaff(principal);
        const scope = query.scope ?? 'merchant';
        const wanted = wantedOf(query);
        const owner = scope === 'global' ? null : principal.merchantId;
        const report = await risk.report(owner, wanted);
        return { status: 200, body: presentReport(scope, wanted, report) };
      },
    ),
  ];
}
