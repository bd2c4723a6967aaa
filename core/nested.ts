/**
 * Tensors as JSON has them: nested lists. Reading checks the shape before it takes memory, so that the memory taken is
 * never more than what was sent; both directions are one loop over the numbers.
 *
 * @module
 */
import { elementProblem, fromCell, textProblem, toCell } from "./element.ts";
import { show } from "./show.ts";
import { allocateCells, type Dtype, pairTensor, type Tensor } from "./tensor.ts";

/** A declared shape: a number fixes an axis, a name leaves it open. `?` is no name: two of them may differ. */
export interface TensorShape<D extends Dtype = Dtype> {
  readonly dtype: D;
  readonly dims: readonly (string | number)[];
}

export interface NestedProblem {
  /** Indexes from the outermost list to the place. */
  readonly path: number[];
  readonly message: string;
}

/** More than these are not looked for. */
export const MAX_PROBLEMS = 20;

/**
 * Reads nested lists into fresh memory.
 *
 * @param problems - gets what is wrong, at most {@link MAX_PROBLEMS}; the tensor is empty then
 */
export function readNested<D extends Dtype>(
  declared: TensorShape<D>,
  nested: unknown,
  problems: NestedProblem[],
): Tensor<D> {
  const { dtype } = declared;
  const lengths = resolveLengths(declared.dims, (axis) => firstLength(nested, axis));
  checkLists(nested, { lengths, problems, path: [] });
  const dims = problems.length > 0 ? [0] : lengths.map((length) => length ?? 0);
  const data = allocateCells(
    dtype,
    dims.reduce((product, length) => product * length, 1),
  );
  const isText = dtype === "string";
  let offset = 0;
  const put = (value: unknown): void => {
    const problem =
      elementProblem(dtype, value) ?? (isText ? textProblem(value as string) : undefined);
    if (problem === undefined) {
      (data as unknown[])[offset] = toCell(dtype, value); // elementProblem has checked that the value fits
    } else {
      report(problems, { path: pathOf(offset, dims), message: problem });
    }
    offset += 1;
  };
  if (problems.length === 0) {
    eachElement(nested, dims.length, put);
  }
  return pairTensor(dtype, dims, data);
}

/**
 * Writes nested lists, and checks that the tensor is what was declared and that JSON can hold each element.
 *
 * @param problems - gets what is wrong, at most {@link MAX_PROBLEMS}
 */
export function writeNested(
  declared: TensorShape,
  whole: Tensor,
  problems: NestedProblem[],
): unknown {
  const { dtype, dims, data } = whole;
  const lengths = resolveLengths(declared.dims, (axis) => dims[axis]);
  const isDeclared =
    dtype === declared.dtype &&
    dims.length === lengths.length &&
    dims.every((length, axis) => length === lengths[axis]);
  if (!isDeclared || data.length !== dims.reduce((product, length) => product * length, 1)) {
    const got = `${dtype} [${dims.join(", ")}] of ${data.length} elements`;
    report(problems, { path: [], message: `expected ${formatShape(declared)}, got ${got}` });
    return [];
  }
  let offset = 0;
  const take = (): unknown => {
    const value = fromCell(dtype, data[offset]);
    const problem = elementProblem(dtype, value);
    if (problem !== undefined) {
      report(problems, { path: pathOf(offset, dims), message: problem });
    }
    offset += 1;
    return value;
  };
  const write = (axis: number): unknown => {
    const length = dims[axis];
    if (length === undefined) {
      return take();
    }
    const list: unknown[] = []; // Array.from with a function costs ten times more
    for (let index = 0; index < length; index += 1) {
      list.push(write(axis + 1));
    }
    return list;
  };
  return write(0);
}

/** `float32 [n, 4]`, for messages. */
export function formatShape(declared: TensorShape): string {
  return `${declared.dtype} [${declared.dims.join(", ")}]`;
}

/**
 * The length of each axis: as declared, as a like-named axis before it, or as measured; undefined where there is
 * nothing to measure.
 *
 * @param measure - the length at an axis, undefined when nothing there has one
 */
function resolveLengths(
  dims: readonly (string | number)[],
  measure: (axis: number) => number | undefined,
): (number | undefined)[] {
  const named = new Map<string, number>();
  return dims.map((dim, axis) => {
    const known = typeof dim === "number" ? dim : named.get(dim);
    const length = known ?? measure(axis);
    if (typeof dim === "string" && dim !== "?" && length !== undefined) {
      named.set(dim, length);
    }
    return length;
  });
}

/** The length of the first list at a depth; 0 below an empty one, undefined when something else stands there. */
function firstLength(nested: unknown, depth: number): number | undefined {
  let level = nested;
  for (let axis = 0; axis < depth && Array.isArray(level); axis += 1) {
    if (level.length === 0) {
      return 0;
    }
    level = level[0];
  }
  return Array.isArray(level) ? level.length : undefined;
}

interface Checking {
  readonly lengths: readonly (number | undefined)[];
  readonly problems: NestedProblem[];
  /** Where the walk stands; one array, copied only into a problem. */
  readonly path: number[];
}

function checkLists(value: unknown, checking: Checking): void {
  const { lengths, problems, path } = checking;
  const length = lengths[path.length];
  if (!Array.isArray(value) || (length !== undefined && value.length !== length)) {
    const expected = length === undefined ? "a list" : `a list of ${length}`;
    const got = Array.isArray(value) ? `a list of ${value.length}` : show(value);
    report(problems, { path: [...path], message: `expected ${expected}, got ${got}` });
    return;
  }
  if (path.length + 1 === lengths.length) {
    return;
  }
  for (let index = 0; index < value.length && problems.length < MAX_PROBLEMS; index += 1) {
    path.push(index);
    checkLists(value[index], checking);
    path.pop();
  }
}

function eachElement(value: unknown, axes: number, put: (element: unknown) => void): void {
  const list = value as readonly unknown[]; // checkLists has been here
  for (const item of list) {
    if (axes === 1) {
      put(item);
    } else {
      eachElement(item, axes - 1, put);
    }
  }
}

function pathOf(offset: number, dims: readonly number[]): number[] {
  const path: number[] = [];
  let rest = offset;
  for (const length of dims.toReversed()) {
    path.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return path;
}

function report(problems: NestedProblem[], problem: NestedProblem): void {
  if (problems.length < MAX_PROBLEMS) {
    problems.push(problem);
  }
}
