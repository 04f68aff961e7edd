/** A valid body as the port takes it. */
import type { z } from 'zod';
import type { DisputeEvidence } from '../../domain/provider-disputes.ts';
import type { evidenceSchema } from './schema.ts';

export function evidenceInput(body: z.output<typeof evidenceSchema>): DisputeEvidence {
  const all = {
    explanation: body.explanation,
    productDescription: body.product_description,
    customerCommunication: body.customer_communication,
    shippingCarrier: body.shipping_carrier,
    shippingTrackingNumber: body.shipping_tracking_number,
    serviceDate: body.service_date,
    refundPolicy: body.refund_policy,
    documentUrls: body.document_urls,
  };
  const given = Object.entries(all).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}
