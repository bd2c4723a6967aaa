/**
 * Reads the options of `service()` as a user wrote them, in JavaScript as well, and reports every problem at once.
 *
 * @module
 */
import { BentoError } from "./bento-error.ts";
import type { EndpointDefinition } from "./endpoint.ts";
import { checkEndpoint } from "./endpoint-check.ts";
import { checkModels } from "./model-check.ts";
import { unknownKeys } from "./option-check.ts";
import type { ServiceDefinition } from "./service.ts";
import { show } from "./show.ts";
import { checkTables } from "./table-check.ts";
import { TAG_PART } from "./tag.ts";

const SERVICE_KEYS = [
  "name",
  "description",
  "models",
  "resources",
  "traffic",
  "env",
  "onStart",
  "onSnapshot",
  "onRestore",
  "onStop",
  "isReady",
  "apis",
];

/**
 * @param definers - the `api` and `batch` that the user's `apis` is called with
 * @throws BentoError BENTO_INVALID_SERVICE with a line for each problem
 */
export function checkService(options: object, definers: object): ServiceDefinition {
  const isObject: boolean = typeof options === "object" && options !== null;
  const given: Readonly<Record<string, unknown>> = isObject ? { ...options } : {};
  const apis = isObject ? callApis(given["apis"], definers) : { made: {}, problems: [] };
  const problems = isObject
    ? [
        ...unknownKeys("service", Object.keys(given), SERVICE_KEYS),
        ...checkPlain(given),
        ...checkModels(given["models"]),
        ...checkTables(given),
        ...apis.problems,
        ...Object.entries(apis.made).flatMap(([name, api]) => checkEndpoint(name, api)),
      ]
    : [`service: expected an object of options, got ${show(options)}`];
  if (problems.length > 0) {
    const isNamed = typeof given["name"] === "string";
    throw new BentoError("BENTO_INVALID_SERVICE", problems.join("\n"), {
      where: isNamed ? `service ${show(given["name"])}` : "service({ … })",
      hint: "mend the options of service({ … }) in service.ts",
      cause: apis.cause,
    });
  }
  return {
    ...given,
    models: given["models"] ?? {},
    apis: apis.made,
  } as unknown as ServiceDefinition;
}

interface CalledApis {
  /** Each is checked by itself later. */
  readonly made: Readonly<Record<string, EndpointDefinition>>;
  readonly problems: readonly string[];
  readonly cause?: unknown;
}

function callApis(apis: unknown, definers: object): CalledApis {
  if (typeof apis !== "function") {
    const example = "apis: ({ api, batch }) => ({ … })";
    return {
      made: {},
      problems: [`apis: expected a function of the definers, e.g. ${example}, got ${show(apis)}`],
    };
  }
  let made: unknown;
  try {
    made = apis(definers);
  } catch (error) {
    // reported with all other problems; the stack of the cause has the line
    return { made: {}, problems: [`apis: the function threw ${String(error)}`], cause: error };
  }
  const isPlain = typeof made === "object" && made !== null && !(made instanceof Promise);
  return isPlain && Object.keys(made as object).length > 0
    ? { made: made as CalledApis["made"], problems: [] }
    : {
        made: {},
        problems: [`apis: expected an object with at least one api, got ${show(made)}`],
      };
}

function checkPlain(given: Readonly<Record<string, unknown>>): string[] {
  const problems: string[] = [];
  if (typeof given["name"] !== "string" || !TAG_PART.test(given["name"])) {
    problems.push(
      `name: expected 1 to 63 of a-z 0-9 . _ -, a letter or digit at both ends, got ${show(given["name"])}`,
    );
  }
  if (given["description"] !== undefined && typeof given["description"] !== "string") {
    problems.push(`description: expected a text, got ${show(given["description"])}`);
  }
  for (const hook of ["onStart", "onSnapshot", "onRestore", "onStop", "isReady"]) {
    if (given[hook] !== undefined && typeof given[hook] !== "function") {
      problems.push(`${hook}: expected a function, got ${show(given[hook])}`);
    }
  }
  return [...problems, ...checkEnv(given["env"])];
}

function checkEnv(env: unknown): string[] {
  if (env === undefined) {
    return [];
  }
  if (!Array.isArray(env)) {
    return [`env: expected a list of variable names, e.g. ["DATABASE_URL"], got ${show(env)}`];
  }
  return env.flatMap((name: unknown, index) =>
    typeof name === "string" && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
      ? []
      : [`env[${index}]: expected the name of a variable, e.g. DATABASE_URL, got ${show(name)}`],
  );
}
