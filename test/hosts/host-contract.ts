// The contract between cores and hosts as one suite. Every host passes it; a core cannot tell them apart.
import { afterEach, describe, expect, it } from 'vitest';
import { jsonCodec } from '../../protocol/codec.ts';
import type { Address, Core, CoreFactory, Effects, Input } from '../../protocol/core.ts';
import type { Message, UserMessageId } from '../../protocol/message.ts';
import { after, milliseconds, seconds, type Clock, type Instant } from '../../protocol/time.ts';
import type { ContractHost, ContractNode, CreateContractHost } from './contract-host.ts';

type Note = Message & { readonly kind: 'note'; readonly text: string };
const codec = jsonCodec<Note>({
  overheadBytes: () => 16,
  isMessage: (value) => 'text' in value && typeof value.text === 'string',
});
const note = (text: string, ...carries: number[]): Message =>
  ({ kind: 'note', text, carries: carries as UserMessageId[] }) as Message;
const textOf = (message: Message): string => (message as Note).text;
const name = (text: string): Address => text as Address;
const server = name('server.test');

type Script = (clock: Clock, input: Input, out: Effects, log: string[]) => void;

/** A core that logs every input in one line and then does what its script says. */
function scripted(log: string[], script: Script): CoreFactory {
  return (stored): Core => ({
    step(clock, input, out) {
      log.push(describeInput(input));
      script(clock, input, out, log);
    },
    inspect: () => ({ stored: [...(stored ?? [])] }),
  });
}

function describeInput(input: Input): string {
  switch (input.kind) {
    case 'start':
      return 'start';
    case 'user':
      return `user ${input.action.kind}`;
    case 'timer':
      return `timer ${input.timer}`;
    case 'message':
      return `message ${textOf(input.message)} [${input.message.carries.join(' ')}]`;
    case 'request':
      return `request ${textOf(input.message)} [${input.message.carries.join(' ')}]`;
    case 'response':
      return `response ${input.tag} ${input.result.ok ? textOf(input.result.message) : input.result.failure.kind}`;
    case 'link-up':
      return `link-up ${input.tag ?? 'from peer'}`;
    case 'link-down':
      return `link-down ${input.tag ?? ''} ${input.failure.kind}`;
    case 'network':
      return `network ${input.up}`;
    case 'push':
      return 'push';
    case 'operator':
      return `operator ${input.order}`;
  }
}

const go = { kind: 'open-app' } as const;
const patience = { timeout: seconds(5) };
const has = (log: readonly string[], entry: string): boolean => log.includes(entry);

/** Declares the suite for one host. */
export function describeHostContract(hostName: string, create: CreateContractHost): void {
  describe(`the contract on ${hostName}`, () => {
    let host: ContractHost | undefined;
    afterEach(async () => {
      await host?.close();
      host = undefined;
    });
    const begin = async (nodes: readonly ContractNode[]): Promise<ContractHost> => {
      host = create(nodes, codec);
      await host.start();
      return host;
    };
    const single = (log: string[], script: Script): ContractNode => ({
      name: 'one',
      parts: { main: scripted(log, script) },
    });
    const pair = (client: string[], askedOf: Script, served: string[], serve: Script): ContractNode[] => [
      { name: 'server', endpoint: server, parts: { main: scripted(served, serve) } },
      { name: 'client', parts: { main: scripted(client, askedOf) } },
    ];
    const nothing: Script = () => undefined;

    it('gives every core `start` first, and nothing else unasked', async () => {
      const logs: string[][] = [[], []];
      const running = await begin([
        { name: 'one', parts: { main: scripted(logs[0]!, nothing), other: scripted(logs[1]!, nothing) } },
      ]);
      running.act('one', go);
      await running.until(() => logs[0]!.length === 2);
      expect(logs).toEqual([['start', 'user open-app'], ['start']]);
    });

    it('carries a request there and its answer back, with the user messages each carries', async () => {
      const [client, served]: string[][] = [[], []];
      const running = await begin(
        pair(
          client!,
          (_clock, input, out) => {
            if (input.kind === 'user') out.request(server, 'q', note('ping é', 4, 7), patience);
          },
          served!,
          (_clock, input, out) => {
            if (input.kind === 'request') out.respond(input.id, note(`${textOf(input.message)}!`));
          },
        ),
      );
      running.act('client', go);
      await running.until(() => client!.length === 3);
      expect(served).toEqual(['start', 'request ping é [4 7]']);
      expect(client!.at(-1)).toBe('response q ping é!');
    });

    it('answers later, and to each request its own', async () => {
      const [client, served]: string[][] = [[], []];
      const running = await begin(
        pair(
          client!,
          (_clock, input, out) => {
            if (input.kind !== 'user') return;
            for (const tag of ['a', 'b', 'c']) out.request(server, tag, note(tag), patience);
          },
          served!,
          (() => {
            const open: [string, Parameters<Effects['respond']>[0]][] = [];
            return (_clock, input, out) => {
              if (input.kind !== 'request') return;
              open.push([textOf(input.message), input.id]);
              if (open.length === 3)
                for (const [text, id] of open) out.respond(id, note(`answer to ${text}`));
            };
          })(),
        ),
      );
      running.act('client', go);
      await running.until(() => client!.length === 5);
      expect(client!.slice(2).toSorted()).toEqual(
        ['a', 'b', 'c'].map((tag) => `response ${tag} answer to ${tag}`),
      );
    });

    it('tells refusals, unknown names, dead machines and silence apart', async () => {
      const [client, served]: string[][] = [[], []];
      const failures: string[] = [];
      const running = await begin([
        ...pair(
          client!,
          (_clock, input, out) => {
            if (input.kind === 'user') {
              out.request(server, 'refused', note('no'), patience);
              out.request(name('nobody.test'), 'unknown', note('x'), patience);
              out.request(name('dead.test'), 'dead', note('x'), patience);
              out.request(server, 'silence', note('silence'), { timeout: milliseconds(150) });
            }
            if (input.kind === 'response' && !input.result.ok) {
              const { failure } = input.result;
              const detail =
                failure.kind === 'status' ? `${failure.status} ${failure.retryAfterMs ?? ''}` : '';
              failures.push(`${input.tag}: ${failure.kind} ${detail} ${failure.definite}`);
            }
          },
          served!,
          (_clock, input, out) => {
            if (input.kind === 'request' && textOf(input.message) === 'no')
              out.refuse(input.id, 429, undefined, 2_000);
          },
        ),
        { name: 'dead', endpoint: name('dead.test'), parts: { main: scripted([], nothing) } },
      ]);
      await running.crash('dead');
      running.act('client', go);
      await running.until(() => failures.length === 4);
      expect(failures.toSorted()).toEqual([
        'dead: refused  true',
        'refused: status 429 2000 true',
        'silence: timed-out  false',
        'unknown: unresolved  true',
      ]);
    });

    it('sends no answer to a request that was given up', async () => {
      const [client, served]: string[][] = [[], []];
      const running = await begin(
        pair(
          client!,
          (clock, input, out) => {
            if (input.kind === 'user') {
              out.request(server, 'given-up', note('x'), patience);
              out.abandon('given-up');
              out.setTimer('later', after(clock.now, milliseconds(300)));
            }
          },
          served!,
          (_clock, input, out) => {
            if (input.kind === 'request') out.respond(input.id, note('too late'));
          },
        ),
      );
      running.act('client', go);
      await running.until(() => has(client!, 'timer later'));
      expect(client).toEqual(['start', 'user open-app', 'timer later']);
    });

    it('opens links that keep the order of messages, and closes them for the other side', async () => {
      const [client, served]: string[][] = [[], []];
      const count = 20;
      let link: Address | undefined;
      const running = await begin(
        pair(
          client!,
          (_clock, input, out) => {
            if (input.kind === 'user' && link === undefined) out.connect(server, 'line', patience);
            else if (input.kind === 'user' && link !== undefined) out.disconnect(link);
            if (input.kind === 'link-up') {
              link = input.link;
              for (let index = 0; index < count; index++) out.send(input.link, note(String(index)));
            }
          },
          served!,
          (_clock, input, out) => {
            if (input.kind === 'message') out.send(input.from, note(`echo ${textOf(input.message)}`));
          },
        ),
      );
      running.act('client', go);
      await running.until(() => client!.length === 3 + count);
      const numbers = Array.from({ length: count }, (_, index) => index);
      expect(served).toEqual([
        'start',
        'link-up from peer',
        ...numbers.map((index) => `message ${index} []`),
      ]);
      expect(client!.slice(2)).toEqual([
        'link-up line',
        ...numbers.map((index) => `message echo ${index} []`),
      ]);
      running.act('client', go);
      await running.until(() => served!.length === 3 + count);
      expect(served!.at(-1)).toBe('link-down  closed');
      expect(client).toHaveLength(4 + count);
    });

    it('tells the connecting side that a link is open before anything comes over it', async () => {
      const [client, served]: string[][] = [[], []];
      const running = await begin(
        pair(
          client!,
          (_clock, input, out) => {
            if (input.kind === 'user') out.connect(server, 'line', patience);
          },
          served!,
          (_clock, input, out) => {
            if (input.kind === 'link-up') out.send(input.link, note('welcome'));
          },
        ),
      );
      running.act('client', go);
      await running.until(() => has(client!, 'message welcome []'));
      expect(client!.slice(2)).toEqual(['link-up line', 'message welcome []']);
    });

    it('fails a connection to a name that is unknown, and to a machine where nobody listens', async () => {
      const log: string[] = [];
      const running = await begin([
        single(log, (_clock, input, out) => {
          if (input.kind !== 'user') return;
          out.connect(name('nobody.test'), 'unknown', patience);
          out.connect(name('dead.test'), 'dead', patience);
        }),
        { name: 'dead', endpoint: name('dead.test'), parts: { main: scripted([], nothing) } },
      ]);
      await running.crash('dead');
      running.act('one', go);
      await running.until(() => log.length === 4);
      expect(log.slice(2).toSorted()).toEqual(['link-down dead refused', 'link-down unknown unresolved']);
    });

    it('fires timers in the order of their instants, once, and not before', async () => {
      const log: string[] = [];
      let begun = 0 as Instant;
      let fired = 0 as Instant;
      const running = await begin([
        single(log, (clock, input, out) => {
          if (input.kind === 'user') {
            begun = clock.now;
            for (const [timer, wait] of [
              ['late', 120],
              ['early', 40],
              ['replaced', 20],
              ['cancelled', 60],
            ] as const)
              out.setTimer(timer, after(clock.now, milliseconds(wait)));
            out.setTimer('replaced', after(clock.now, milliseconds(80)));
            out.cancelTimer('cancelled');
            out.cancelTimer('never set');
            out.setTimer('past', begun);
          }
          if (input.kind === 'timer' && input.timer === 'late') fired = clock.now;
        }),
      ]);
      running.act('one', go);
      await running.until(() => has(log, 'timer late'));
      expect(log.slice(2)).toEqual(['timer past', 'timer early', 'timer replaced', 'timer late']);
      expect(fired - begun).toBeGreaterThanOrEqual(milliseconds(120));
    });

    it('makes later effects and later inputs wait for work', async () => {
      const log: string[] = [];
      const running = await begin([
        {
          name: 'one',
          parts: {
            main: scripted(log, (_clock, input, out) => {
              if (input.kind !== 'user') return;
              out.send(name('local:other'), note('before work'));
              out.spend(milliseconds(50));
              out.send(name('local:other'), note('after work'));
              out.spend(milliseconds(50));
              out.send(name('local:other'), note('after more'));
            }),
            other: scripted(log, nothing),
          },
        },
      ]);
      running.act('one', go);
      running.act('one', { kind: 'close-app' });
      await running.until(() => log.filter((entry) => entry === 'message after more []').length === 2);
      const user = log.filter((entry) => entry.startsWith('user'));
      expect(user).toEqual(['user open-app', 'user close-app']);
      const works = log.filter((entry) => entry.startsWith('message')).slice(0, 3);
      expect(works.toSorted()).toEqual([
        'message after more []',
        'message after work []',
        'message before work []',
      ]);
      // The second action came while the node was at work on the first.
      const afterWork = log.indexOf('message after more []');
      expect(log.indexOf('user close-app')).toBeGreaterThan(log.indexOf('user open-app'));
      expect(afterWork).toBeGreaterThan(0);
    });

    it('passes messages between the cores of a node, with who sent them', async () => {
      const log: string[] = [];
      const senders: string[] = [];
      const running = await begin([
        {
          name: 'one',
          parts: {
            main: scripted(log, (_clock, input, out) => {
              if (input.kind === 'user') out.send(name('local:other'), note('hello', 3));
            }),
            other: scripted(log, (_clock, input, out) => {
              if (input.kind !== 'message') return;
              senders.push(input.from);
              out.send(input.from, note('and back'));
            }),
          },
        },
      ]);
      running.act('one', go);
      await running.until(() => has(log, 'message and back []'));
      expect(senders).toEqual(['local:main']);
      expect(has(log, 'message hello [3]')).toBe(true);
    });

    it('rebuilds a core from what it persisted, in order, and from nothing else', async () => {
      const [client, served]: string[][] = [[], []];
      const running = await begin(
        pair(
          client!,
          (_clock, input, out) => {
            if (input.kind === 'user') out.request(server, 'q', note('persist'), patience);
          },
          served!,
          (clock, input, out) => {
            if (input.kind !== 'request') return;
            out.persist('b', 1);
            out.persist('a', 2);
            out.persist('gone', 3);
            out.persist('b', 4);
            out.persist('gone', undefined);
            const lives = served!.filter((entry) => entry === 'start').length;
            if (lives === 1) out.setTimer('lost', after(clock.now, milliseconds(250)));
            else out.setTimer('marker', after(clock.now, milliseconds(400)));
            out.respond(input.id, note('done'));
          },
        ),
      );
      running.act('client', go);
      // Persist before send: once the answer is here, the disk has it, whatever happens to the memory.
      await running.until(() => has(client!, 'response q done'));
      await running.crash('server');
      await running.restart('server');
      await running.until(() => served!.filter((entry) => entry === 'start').length === 2);
      expect(running.inspect('server', 'main')).toEqual({
        stored: [
          ['b', 4],
          ['a', 2],
        ],
      });
      running.act('client', go);
      await running.until(() => has(served!, 'timer marker'));
      expect(has(served!, 'timer lost')).toBe(false);
    });

    it('loses with a crash what waited for work, and tells the other side of its links', async () => {
      const [client, served]: string[][] = [[], []];
      const running = await begin(
        pair(
          client!,
          (_clock, input, out) => {
            if (input.kind === 'user') out.connect(server, 'line', patience);
            if (input.kind === 'link-up') out.send(input.link, note('work'));
          },
          served!,
          (_clock, input, out) => {
            if (input.kind !== 'message') return;
            out.spend(seconds(3));
            out.persist('never', true);
          },
        ),
      );
      running.act('client', go);
      await running.until(() => has(served!, 'message work []'));
      await running.crash('server');
      await running.until(() => client!.some((entry) => entry.startsWith('link-down')));
      expect(client!.at(-1)).toBe('link-down  reset');
      await running.restart('server');
      await running.until(() => served!.filter((entry) => entry === 'start').length === 2);
      expect(running.inspect('server', 'main')).toEqual({ stored: [] });
    });
  });
}
