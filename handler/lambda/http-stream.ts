/**
 * An HTTP answer as Lambda streams it: a prelude of JSON, eight zero bytes, then the body as it comes.
 *
 * @module
 */
import { lightOf } from "../port/light-response.ts";
import { headOf } from "./ask-app.ts";

const PRELUDE_END = Buffer.alloc(8);

/** @throws whatever the body fails with */
export async function* piecesOf(response: Response): AsyncGenerator<Uint8Array> {
  const { status, headers, cookies } = headOf(response);
  const prelude = {
    statusCode: status,
    headers,
    ...(cookies.length === 0 ? {} : { cookies }),
  };
  yield Buffer.concat([Buffer.from(JSON.stringify(prelude)), PRELUDE_END]);
  const light = lightOf(response);
  if (light !== undefined) {
    yield Buffer.from(light.body);
  } else {
    yield* response.body ?? [];
  }
}
