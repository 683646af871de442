// Packages that netsplit can do without, until somebody asks for what they do.

/** An optional package is not installed, or has nothing for this machine; the message says how to get it. */
export class MissingPackage extends Error {
  override readonly name = 'MissingPackage';

  /** `what`: what it is needed for; `otherwise`: what works without it. */
  constructor(what: string, packageName: string, otherwise = '') {
    super(
      `${what} needs an optional package that is not installed here: \`npm install ${packageName}\`${otherwise === '' ? '' : ` (${otherwise})`}`,
    );
  }
}
