import { describe, expect, it } from "vitest";
import { hideSecrets, isSecretName } from "../../core/secret-name.ts";

describe("isSecretName", () => {
  it.each([
    ...["API_KEY", "APIKEY", "KEY", "AWS_SECRET_ACCESS_KEY", "DB_PASSWORD", "password"],
    ...["GITHUB_TOKEN", "TOKEN_URL", "CLIENT_SECRET", "GOOGLE_APPLICATION_CREDENTIALS"],
  ])("takes %s for a secret", (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  it.each(["LOG_LEVEL", "KEYBOARD", "MONKEY", "TOKENIZER", "MAX_TOKENS", "PASSWORDLESS", "PORT"])(
    "takes %s for none",
    (name) => {
      expect(isSecretName(name)).toBe(false);
    },
  );
});

describe("hideSecrets", () => {
  it("replaces the values of secrets alone", () => {
    expect(hideSecrets({ A: "1", A_TOKEN: "2", B: "" })).toEqual({
      A: "1",
      A_TOKEN: "(hidden)",
      B: "",
    });
  });
});
