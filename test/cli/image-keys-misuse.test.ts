/**
 * Keys that cannot be used, from the command line: all of it is said before an image is read or made.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { generateKeys } from "../../oci/attest/signing-key.ts";
import { testCli } from "../support/cli.ts";

describe("misuse of keys", () => {
  it("is told before anything is made", async () => {
    await using cli = await testCli();
    await cli.must("image keygen");
    await cli.write("rubbish.key", "hello");
    await cli.write("encrypted.key", generateKeys("secret").privateKey);
    const lines = [
      "image sign oci:image",
      "image sign oci:image --key nowhere.key",
      "image sign oci:image --key rubbish.key",
      "image sign oci:image --key bento.pub",
      "image sign oci:nowhere --key bento.key",
      "image verify oci:image --key bento.key",
      "image verify oci:image --key nowhere.pub",
      "containerize greeter --sign encrypted.key --output oci:never",
      "containerize greeter --source here --output oci:never",
      "image keygen --output keys/",
    ];
    const answers = [];
    for (const line of lines) {
      answers.push(`${line} → ${await cli.seen(line)}`);
    }
    expect(answers.join("\n")).toMatchInlineSnapshot(`
      "image sign oci:image → exit 2
      error: required option '--key <file>' not specified
        do: bento image sign --help shows how it is used

      image sign oci:image --key nowhere.key → exit 3
      error: there is no key WORK/nowhere.key
        at: WORK/nowhere.key
        do: make a pair: bento image keygen

      image sign oci:image --key rubbish.key → exit 2
      error: not a private key in PEM
        at: WORK/rubbish.key
        do: make a pair with bento image keygen: bento.key signs, bento.pub verifies

      image sign oci:image --key bento.pub → exit 2
      error: not a private key in PEM
        at: WORK/bento.pub
        do: make a pair with bento image keygen: bento.key signs, bento.pub verifies

      image sign oci:nowhere --key bento.key → exit 3
      error: no image layout in "WORK/nowhere"
        at: WORK/nowhere
        do: name a directory with the files oci-layout and index.json

      image verify oci:image --key bento.key → exit 2
      error: this is a private key, expected a public one
        at: WORK/bento.key
        do: give the .pub file that was made with it, and keep this one to yourself

      image verify oci:image --key nowhere.pub → exit 3
      error: there is no key WORK/nowhere.pub
        at: WORK/nowhere.pub
        do: give the public key of who signs, e.g. bento.pub

      containerize greeter --sign encrypted.key --output oci:never → exit 2
      error: the key is encrypted, and no passphrase is given
        at: WORK/encrypted.key
        do: set BENTO_KEY_PASSPHRASE, or run it where the passphrase can be typed

      containerize greeter --source here --output oci:never → exit 2
      error: not a URI: "here"
        at: --source
        do: e.g. --source git+https://git.example.com/team/iris@COMMIT

      image keygen --output keys/ → exit 2
      error: not a name: "keys/"
        at: --output
        do: name what the two files are called before .key and .pub, e.g. --output team
      "
    `);
    await expect(stat(join(cli.work, "never"))).rejects.toThrow("ENOENT");
  });
});
