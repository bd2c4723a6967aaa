/**
 * The gate of an api whose code runs models as it likes. Which of them it cannot do without is learnt from its calls: one
 * that every answer was made with, and whose refusal was always the answer, decides for its callers before their bodies are
 * read. Code that can do without a model, or has another answer when it is refused, is never kept from giving it.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { Runner } from "../core/model-ref.ts";
import type { Clock } from "./clock.ts";
import type { Gate, Refused } from "./gate.ts";
import type { Tensors } from "./runner/onnx-session.ts";
import type { LoadedRunner, RunOptions } from "./runner/runner.ts";

/** A model that may refuse. */
export type GatedRunner = Pick<LoadedRunner, "gate" | "run">;

/** Answers in a row that were made with a model before it is taken to be needed; far more once one was made without it. */
const NEEDED_AFTER = 20;
const NEEDED_AFTER_DOUBT = 1000;

/** What is known of one model. */
interface Knowledge {
  readonly key: string;
  readonly runner: GatedRunner;
  answersLeft: number;
  hasRefused: boolean;
  /** Its refusal was once not the answer. */
  isHandled: boolean;
}

export interface VisitTimes {
  /** How long the call has been in the process before `run` begins, in milliseconds. */
  readonly waitedMs: number;
  /** Longest that its answer may take since it came, in milliseconds. @default as long as each model lets it */
  readonly timeLeftMs?: number | undefined;
}

export class ModelGate implements Gate {
  readonly #all: readonly Knowledge[];

  constructor(runners: Readonly<Record<string, GatedRunner>>) {
    this.#all = Object.entries(runners).map(([key, runner]) => ({
      key,
      runner,
      answersLeft: NEEDED_AFTER,
      hasRefused: false,
      isHandled: false,
    }));
  }

  refuse(arrivedAt: number): Refused | undefined {
    for (const one of this.#all) {
      const refused = decides(one) ? one.runner.gate.refuse(arrivedAt) : undefined;
      if (refused !== undefined) {
        return refused;
      }
    }
    return undefined;
  }

  reading(): () => void {
    const ends = this.#all.filter(decides).map(({ runner }) => runner.gate.reading());
    return () => {
      for (const end of ends) {
        end();
      }
    };
  }

  visit(times: VisitTimes, clock: Clock): ModelVisit {
    return new ModelVisit(this.#all, times, clock);
  }
}

/** One call of the api, from when `run` begins. */
export class ModelVisit {
  /** For `run`. */
  readonly models: Readonly<Record<string, Runner>>;
  readonly #all: readonly Knowledge[];
  readonly #used = new Set<Knowledge>();
  readonly #refused: Knowledge[] = [];

  constructor(all: readonly Knowledge[], { waitedMs, timeLeftMs }: VisitTimes, clock: Clock) {
    this.#all = all;
    const models: Record<string, Runner> = {};
    for (const one of all) {
      const onRefused = () => void this.#refused.push(one);
      models[one.key] = {
        run: (inputs: Tensors, options?: RunOptions) => {
          this.#used.add(one);
          const arrivedAt = clock.now() - waitedMs;
          const { signal } = options ?? {};
          return one.runner.run(inputs, { signal, arrivedAt, timeLeftMs, onRefused });
        },
      };
    }
    this.models = models;
  }

  /** Runs `run`, and learns from how it ends. */
  async follow<T>(run: () => T): Promise<Awaited<T>> {
    try {
      const answer = await run();
      this.#answered();
      return answer;
    } catch (error) {
      this.#failed(error);
      throw error;
    }
  }

  #answered(): void {
    for (const one of this.#all) {
      if (this.#used.has(one)) {
        one.answersLeft = Math.max(0, one.answersLeft - 1);
      } else {
        one.answersLeft = NEEDED_AFTER_DOUBT;
      }
    }
    this.#handled();
  }

  #failed(error: unknown): void {
    if (BentoError.isInstance(error) && error.code === "BENTO_OVERLOADED") {
      for (const one of this.#refused) {
        one.hasRefused = true;
      }
    } else {
      this.#handled();
    }
  }

  #handled(): void {
    for (const one of this.#refused) {
      one.isHandled = true;
    }
  }
}

function decides({ answersLeft, hasRefused, isHandled }: Knowledge): boolean {
  return answersLeft === 0 && hasRefused && !isHandled;
}
