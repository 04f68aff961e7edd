/** What a merchant wants of risk. What is left out has its default. */
export interface RiskSettings {
  /** Calibrated probabilities of fraud, 0 to 1, from which on it is done; null or left out: never by the score. */
  readonly appetite?:
    | {
        readonly challenge?: number | null | undefined;
        readonly review?: number | null | undefined;
        readonly block?: number | null | undefined;
      }
    | undefined;
  /** Where risk cannot be told in time. */
  readonly on_failure?: FailMode | undefined;
  /** What an attack brings about: entries on the merchant's lists for a while, or only an alarm. */
  readonly on_attack?: OnAttack | undefined;
  readonly review?:
    | {
        readonly within_hours?: number | undefined;
        /** When nobody has said anything by then. */
        readonly on_deadline?: 'approve' | 'decline' | undefined;
      }
    | undefined;
}

export const onAttacks = ['tighten', 'observe'] as const;
export type OnAttack = (typeof onAttacks)[number];

/** `allow_with_rules`: as the rules say of what is known of the payment by itself. */
export const failModes = ['allow_with_rules', 'challenge', 'block'] as const;
export type FailMode = (typeof failModes)[number];
