/**
 * What a service's own tests import. Importing it lets `service.fetch` answer in this process, with models from the store
 * that `BENTO_STORE` names, else from the one in `BENTO_HOME`.
 *
 * @module
 */
import { homedir } from "node:os";
import { join } from "node:path";
import { setServiceHost } from "../core/service-host.ts";
import { hostDefinition } from "./host-definition.ts";

export { type TestedService, type TestServiceOptions, testService } from "./test-service.ts";

setServiceHost(async (definition) => {
  // read at the first request, so that a test may set it before
  const { BENTO_STORE: store, BENTO_HOME: home = join(homedir(), ".bento") } = process.env;
  const { app } = await hostDefinition(definition, { store, home });
  return app.fetch;
});
