// libsodium with the chance of the machine at work: everything else is the library's own.

type Native = Readonly<Record<string, unknown>>;
type Call = (...values: readonly unknown[]) => unknown;

/** Bytes of a seed for `crypto_sign_seed_keypair`, `crypto_box_seed_keypair` and `crypto_kx_seed_keypair`. */
const seedBytes = 32;

/** Functions that draw within native code, and have no form that takes what was drawn: nothing here calls them. */
const unseedable =
  /^(crypto_box_seal|crypto_pwhash_(scryptsalsa208sha256_)?str(_async)?|crypto_core_ed25519_scalar_random)$/;

/** Bytes of an address with its port, and of the hash that is the id of a node there (dht-rpc, lib/peer.js). */
const addressBytes = 6;
const idBytes = 32;

/** Every answer of a node names twenty others, whose ids are hashes of their addresses: each is worked out once. */
function rememberingAddresses(hash: Call): Call {
  const ids = new Map<number, Uint8Array>();
  return (...values) => {
    const [out, input] = values as readonly [Uint8Array, Uint8Array];
    if (values.length !== 2 || input.length !== addressBytes || out.length !== idBytes)
      return hash(...values);
    let address = 0;
    for (let at = 0; at < addressBytes; at++) address = address * 256 + (input[at] ?? 0);
    const known = ids.get(address);
    if (known === undefined) {
      hash(out, input);
      ids.set(address, Uint8Array.from(out));
    } else out.set(known);
    return undefined;
  };
}

/** The library's exports with every source of chance replaced by `draw`. */
export function seededSodium(native: Native, draw: (count: number) => Uint8Array): Native {
  const call = (name: string): Call => native[name] as Call;
  const fill = (buffer: Uint8Array): void => buffer.set(draw(buffer.byteLength));
  const word = (): number => new DataView(draw(4).buffer).getUint32(0);
  const keyPairFromSeed =
    (name: string): Call =>
    (publicKey, secretKey) =>
      call(name)(publicKey, secretKey, Buffer.from(draw(seedBytes)));
  const seeded: Record<string, unknown> = {
    ...native,
    crypto_generichash: rememberingAddresses(call('crypto_generichash')),
    randombytes_buf: fill,
    randombytes_random: word,
    randombytes_uniform: (bound: number) => Math.floor((word() / 0x1_0000_0000) * bound),
    crypto_sign_keypair: keyPairFromSeed('crypto_sign_seed_keypair'),
    crypto_box_keypair: keyPairFromSeed('crypto_box_seed_keypair'),
    crypto_kx_keypair: keyPairFromSeed('crypto_kx_seed_keypair'),
    // It draws its header; `init_pull` derives the same state from a header that is given.
    crypto_secretstream_xchacha20poly1305_init_push(state: unknown, header: Uint8Array, key: unknown) {
      fill(header);
      return call('crypto_secretstream_xchacha20poly1305_init_pull')(state, header, key);
    },
  };
  for (const name of Object.keys(native)) {
    if (name.endsWith('_keygen')) seeded[name] = fill;
    else if (unseedable.test(name))
      seeded[name] = () => {
        throw new Error(`${name} draws where a run cannot be repeated`);
      };
  }
  return seeded;
}
