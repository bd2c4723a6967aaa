/**
 * Rows that mean something to the model of the chaos test.
 *
 * @module
 */

/** A batch with it fails. */
export const POISON = 13.5;
/** The thread that gets it dies. */
export const DEADLY = 66.5;
