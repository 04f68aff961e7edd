/** Where the breakers of all processes meet. Kept by the database; a test keeps it in memory. */
export interface HealthStore {
  /** Opens it for everybody. */
  open(provider: string, reason: string): Promise<void>;
  /** True for one caller over all processes, once it is time. */
  claimProbe(provider: string, forMs: number): Promise<boolean>;
  endProbe(provider: string, isWell: boolean, reason: string): Promise<void>;
  leaveAlone(provider: string, forMs: number): Promise<void>;
}

/** What was read of one provider; spans in ms from the moment of reading. */
export interface SharedHealth {
  readonly isOpen: boolean;
  readonly reason: string;
  readonly openedAt: string | null;
  readonly retryInMs: number;
  readonly probingMs: number;
  readonly leftAloneMs: number;
}
