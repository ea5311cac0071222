import CircuitBreaker from 'opossum';
import { ApiError } from './errors.ts';
import { logger } from './telemetry/logger.ts';
import { metrics } from './telemetry/metrics.ts';

export interface BreakerOptions {
  /** Who asks, and whom: the labels of the metric. */
  service: string;
  target: string;
  /** How long an answer may take. */
  timeoutMs: number;
  /** Opens when more than so many percent of the calls of the window fail, and there are at least two: one alone says nothing. */
  errorPercent: number;
  windowMs: number;
  /** From opening to the next try. */
  resetMs: number;
}

/**
 * Few, since whoever asks alone waits for the time-out of each: two of 3 s are over in less than the 10 s in which a breaker has to open.
 */
const minimumCalls = 2;

/** A refusal is an answer: who gives it is well. */
const isAnswer = (error: unknown): boolean => error instanceof ApiError && error.status < 500;

/** Calls that are not made while they would fail anyhow. */
export class Breaker {
  private readonly circuit: CircuitBreaker<[() => Promise<unknown>]>;

  constructor({ service, target, timeoutMs, errorPercent, windowMs, resetMs }: BreakerOptions) {
    this.circuit = new CircuitBreaker((work) => work(), {
      timeout: timeoutMs,
      errorThresholdPercentage: errorPercent,
      rollingCountTimeout: windowMs,
      volumeThreshold: minimumCalls,
      resetTimeout: resetMs,
      errorFilter: isAnswer,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
    });
    const tell = (current: 'closed' | 'open' | 'half_open') => {
      for (const state of ['closed', 'open', 'half_open']) {
        metrics.breakerState.set({ service, target, state }, state === current ? 1 : 0);
      }
    };
    tell('closed');
    this.circuit.on('open', () => {
      tell('open');
      logger.warn({ target }, 'circuit breaker opened');
    });
    this.circuit.on('halfOpen', () => tell('half_open'));
    this.circuit.on('close', () => {
      tell('closed');
      logger.info({ target }, 'circuit breaker closed');
    });
  }

  /** Whether calls are refused without being made. */
  get open(): boolean {
    return this.circuit.opened;
  }

  /** @throws what the work throws; CIRCUIT_OPEN at once while open; an error of code ETIMEDOUT when it took too long */
  async call<T>(work: () => Promise<T>): Promise<T> {
    let result: { value: T } | undefined;
    try {
      await this.circuit.fire(async () => {
        result = { value: await work() };
      });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EOPENBREAKER')) throw error;
    }
    if (result) return result.value;
    throw new ApiError('CIRCUIT_OPEN', 'This part of the platform is not answering; try again in a moment.', {
      retryAfterMs: 1000,
    });
  }
}
