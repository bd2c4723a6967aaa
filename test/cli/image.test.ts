/**
 * Images in layouts and registries from the command line.
 */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { OCI_LAYER } from "../../oci/media-type.ts";
import { type TestCli, testCli } from "../support/cli.ts";
import { type SampleImage, sampleImage } from "../support/image-layout.ts";
import { type LoopbackRegistry, loopbackRegistry } from "../support/registry.ts";
import { answering, faults } from "../support/registry-faults.ts";

interface Stage extends AsyncDisposable {
  readonly cli: TestCli;
  readonly registry: LoopbackRegistry;
  /** In the layout `image` of the working folder. */
  readonly sample: SampleImage;
}

async function stage(): Promise<Stage> {
  const stack = new AsyncDisposableStack();
  const cli = stack.use(await testCli());
  const registry = stack.use(await loopbackRegistry());
  const sample = await sampleImage(join(cli.work, "image"), { version: "abc123" });
  return { cli, registry, sample, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("bento image push", () => {
  it("prints the reference by digest, and how each layer came there", async () => {
    await using on = await stage();
    const line = `image push oci:image ${on.registry.host}/team/iris:v1`;
    const first = await on.cli.seen(line);
    expect(first.split("\n").sort().join("\n")).toMatchInlineSnapshot(`
      "
      exit 0
      pushed as v1, abc123: 65.3 kB (4 sent, 0 mounted, 0 there already)
      | 127.0.0.1:PORT/team/iris@sha256:DIGEST
      ✓ push config  TIME  743 B
      ✓ push layer app  TIME  2.6 kB
      ✓ push layer base  TIME  38.4 kB
      ✓ push layer model iris:v1  TIME  23.6 kB
      ✓ push manifest  TIME"
    `);
    const { digest } = on.sample.image;
    expect(on.registry.content("team/iris").tags).toEqual({ v1: digest, abc123: digest });
    expect(await on.cli.document(`${line} --json`)).toEqual({
      digest,
      reference: `${on.registry.host}/team/iris@${digest}`,
      tags: ["v1", "abc123"],
      attachments: 0,
      uploadedBytes: 0,
      blobs: { exists: 4, mounted: 0, uploaded: 0 },
    });
  });

  it("mounts a model from beside the image, and layers from where it is told", async () => {
    await using on = await stage();
    const { host } = on.registry;
    await on.cli.must(`image push oci:image ${host}/team/models/iris`);
    const beside = await on.cli.document(`image push oci:image ${host}/team/iris --json`);
    await on.cli.must(`image push oci:image ${host}/else/where`);
    const told = await on.cli.document(
      `image push oci:image ${host}/other/iris --mount-from else/where --json`,
    );
    expect([beside, told]).toMatchObject([
      { blobs: { mounted: 1, uploaded: 3 } },
      { blobs: { mounted: 3, uploaded: 1 } },
    ]);
  });

  it("copies from one registry to another, and mounts within one", async () => {
    await using on = await stage();
    await using other = await loopbackRegistry();
    const { host } = on.registry;
    await on.cli.must(`image push oci:image ${host}/team/iris:v1`);
    const within = await on.cli.document(`image push ${host}/team/iris:v1 ${host}/b/iris --json`);
    const across = await on.cli.document(
      `image push ${host}/team/iris:v1 ${other.host}/b/iris --json`,
    );
    expect([within, across]).toMatchObject([
      { digest: on.sample.image.digest, blobs: { mounted: 3, uploaded: 1 } },
      { digest: on.sample.image.digest, blobs: { mounted: 0, uploaded: 4 } },
    ]);
  });

  it("brings the account in the environment to the registry that it names", async () => {
    await using on = await stage();
    const account = `Basic ${Buffer.from("me:pw").toString("base64")}`;
    on.registry.fault = (request, response) =>
      request.headers.authorization !== account &&
      answering(401, { headers: { "www-authenticate": "Basic" } })(request, response);
    const line = `image push oci:image ${on.registry.host}/team/iris:v1`;
    const environment = { BENTO_REGISTRY_USERNAME: "me", BENTO_REGISTRY_PASSWORD: "pw" };
    expect((await on.cli.bento(line, { environment })).exitCode).toBe(0);
    const wrong = { ...environment, BENTO_REGISTRY_PASSWORD: "other" };
    expect(await on.cli.seen(line, { environment: wrong })).toMatchInlineSnapshot(`
      "exit 5
      error: 127.0.0.1:PORT does not let "me" read team/iris
        at: http://127.0.0.1:PORT/v2/team/iris/blobs/sha256:DIGEST
        do: log in: docker login 127.0.0.1:PORT, or set BENTO_REGISTRY_USERNAME and BENTO_REGISTRY_PASSWORD
      "
    `);
  });

  it("leaves no tag when the registry refuses", async () => {
    await using on = await stage();
    on.registry.fault = faults(/^POST/, 99, answering(404));
    const seen = await on.cli.seen(`image push oci:image ${on.registry.host}/team/iris:v1`);
    expect(seen.replaceAll(/^… .*\n/gm, "")).toMatchInlineSnapshot(`
      "exit 3
      error: 127.0.0.1:PORT has no repository team/iris
        at: http://127.0.0.1:PORT/v2/team/iris/blobs/uploads/
        do: make the repository first, or check its name
      "
    `);
    expect(on.registry.content("team/iris")).toEqual({ blobs: [], tags: {} });
  });
});

describe("bento image pull", () => {
  it("writes a layout or an archive, and prints the digest", async () => {
    await using on = await stage();
    const { host } = on.registry;
    await on.cli.must(`image push oci:image ${host}/team/iris:v1`);
    for (const output of ["oci:pulled", "oci-archive:iris.tar", "docker-archive:docker.tar"]) {
      const line = `image pull ${host}/team/iris:v1 --output ${output}`;
      expect((await on.cli.raw(line)).trim()).toBe(on.sample.image.digest);
    }
    expect(await on.cli.raw("image inspect oci:pulled --json")).toBe(
      await on.cli.raw("image inspect oci:image --json"),
    );
  });

  it("says what is not there", async () => {
    await using on = await stage();
    expect(
      await on.cli.seen(`image pull ${on.registry.host}/team/iris:v9 --output oci:pulled`),
    ).toMatchInlineSnapshot(`
      "exit 3
      error: 127.0.0.1:PORT/team/iris:v9 has no such image or blob
        at: http://127.0.0.1:PORT/v2/team/iris/manifests/v9
        do: check the name, tag and digest
      "
    `);
  });
});

describe("bento image inspect", () => {
  it("shows how the image starts and what is in it", async () => {
    await using on = await stage();
    expect(await on.cli.seen("image inspect oci:image")).toMatchInlineSnapshot(`
      "exit 0
      | digest    sha256:DIGEST
      | platform  linux/amd64
      | size      64.6 kB
      | start     /app/start
      | user      65532:65532
      | folder    /app
      | env       PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
      | labels    org.bentokit.version=abc123
      |
      | LAYER          SIZE     UNPACKED  DIGEST
      | base           38.4 kB  38.4 kB   sha256:SHORT
      | model iris:v1  23.6 kB  23.6 kB   sha256:SHORT
      | app            2.6 kB   2.6 kB    sha256:SHORT
      "
    `);
  });

  it("reads an image in a registry without fetching its layers", async () => {
    await using on = await stage();
    const { host } = on.registry;
    await on.cli.must(`image push oci:image ${host}/team/iris:v1`);
    on.registry.requests.length = 0;
    await on.cli.must(`image inspect ${host}/team/iris:v1`);
    expect(on.registry.requests).toEqual([
      "GET /v2/team/iris/manifests/v1",
      `GET /v2/team/iris/blobs/${on.sample.manifest.config.digest}`,
    ]);
  });
});

describe("bento image lint", () => {
  it("finds nothing in an image of ours", async () => {
    await using on = await stage();
    const { exitCode, out } = await on.cli.bento("image lint oci:image");
    expect([exitCode, out]).toEqual([0, "sha256:DIGEST\n"]);
  });

  it("names each breach and ends with 7", async () => {
    await using on = await stage();
    const { layout, manifest } = on.sample;
    const layers = manifest.layers.map((layer) => ({ ...layer, mediaType: OCI_LAYER }));
    const mediaType = on.sample.image.mediaType;
    const wrong = await layout.writeDocument(
      { ...manifest, layers: layers.slice(0, 1) },
      mediaType,
    );
    await layout.setImage(wrong, "wrong");
    const seen = await on.cli.bento("image lint oci:image:wrong");
    expect(seen.exitCode).toBe(7);
  });
});

describe("misuse of bento image", () => {
  it.each([
    ["image push oci:image Team/iris", 2],
    ["image push oci:image r.example/x@sha256:abc", 2],
    ["image push oci:nowhere r.example/x", 3],
    ["image push nothing r.example/x", 3],
    ["image push oci:image", 2],
    ["image pull r.example/x", 2],
    ["image pull r.example/x --output x", 2],
    ["image pull r.example/x --output oci:x --platform linux/amd46", 2],
    ["image inspect oci:nowhere", 3],
    ["image inspect oci-archive:image.tar", 2],
    ["image lint oci:image:other", 3],
  ])("tells %j", async (line, exitCode) => {
    await using on = await stage();
    expect((await on.cli.bento(line)).exitCode).toBe(exitCode);
  });
});
