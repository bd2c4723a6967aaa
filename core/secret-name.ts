/**
 * Which environment variables hold secrets, by their names: their values are shown and recorded nowhere.
 *
 * @module
 */

const SECRET_WORD =
  /(?:^|_)(?:SECRETS?|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|(?:API|ACCESS|PRIVATE)?KEY)(?:_|$)/i;

/** Stands in place of a secret's value. */
export const HIDDEN = "(hidden)";

/** Whether a variable's name says that its value is a secret: `API_KEY`, `DB_PASSWORD`. */
export function isSecretName(name: string): boolean {
  return SECRET_WORD.test(name);
}

/** The variables with the values of secrets replaced. */
export function hideSecrets(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, isSecretName(name) ? HIDDEN : value]),
  );
}
