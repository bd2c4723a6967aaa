/**
 * How long work tells of itself. Libraries emit, the command line draws; events are noun-verb.
 *
 * @module
 */

export type ProgressEvent =
  | { readonly kind: "step-start"; readonly step: string }
  | {
      readonly kind: "step-progress";
      readonly step: string;
      readonly doneBytes: number;
      readonly totalBytes?: number;
    }
  | {
      readonly kind: "step-end";
      readonly step: string;
      readonly durationMs: number;
      readonly detail?: string;
    }
  /** Something that the user should know and that does not stop the work. */
  | { readonly kind: "notice"; readonly message: string };

export type OnProgress = (event: ProgressEvent) => void;

/** The default listener: hears nothing. */
export const silent: OnProgress = () => {};
