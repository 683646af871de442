// The store-carry-forward baselines of the literature as systems: the same people, radio and chances as Bitchat's.
import { createDirectRouter } from '../../protocol/dtn/direct.ts';
import { createEpidemicRouter } from '../../protocol/dtn/epidemic.ts';
import { dtnCodec } from '../../protocol/dtn/messages.ts';
import { createDtnPeer } from '../../protocol/dtn/peer.ts';
import type { CreateDtnRouter } from '../../protocol/dtn/router.ts';
import { createProphetRouter } from '../../protocol/dtn/prophet.ts';
import { createSprayAndWaitRouter, defaultCopies } from '../../protocol/dtn/spray-and-wait.ts';
import type { ConversationId, PersonId } from '../../protocol/message.ts';
import { radioDeclarations } from '../radio/radio-parameters.ts';
import type { Deployment, System } from './system.ts';

const part = 'dtn';

const common =
  'A phone carries what it was given and passes it on as its router decides, on the radio that Bitchat has; a message to a ' +
  'group is one bundle for each member, as these routers know single destinations only. New neighbours tell each other what ' +
  'they hold. The application must be open. Left out: encryption, acknowledgements, deleting what was delivered elsewhere. ' +
  'Nothing says "accepted".';

interface Baseline {
  readonly id: string;
  readonly title: string;
  readonly rule: string;
  readonly router: (deployment: Deployment) => CreateDtnRouter;
}

function baseline({ id, title, rule, router }: Baseline): System {
  return {
    id,
    title,
    description: `${rule} ${common}`,
    fidelity: 'C',
    codec: dtnCodec,
    usesRadio: true,
    deploy(deployment) {
      const { people, conversations } = deployment.workload;
      for (const declaration of radioDeclarations) deployment.parameter(declaration);
      const settings = {
        bufferBytes: deployment.parameter({
          name: 'bufferBytes',
          value: 50_000_000,
          unit: 'B',
          range: [100_000, 1_000_000_000],
          meaning: 'what a phone holds of texts; those received first give way',
        }),
        lifetimeHours: deployment.parameter({
          name: 'lifetimeHours',
          value: 24,
          unit: 'h',
          range: [1, 72],
          meaning: 'how long a message is carried',
        }),
      };
      const createRouter = router(deployment);
      const members = (conversation: ConversationId): readonly PersonId[] =>
        conversations[conversation]?.members ?? [];
      for (const { id: person } of people) {
        const name = `phone/${person}`;
        const core = createDtnPeer({
          person,
          nodes: people.length,
          settings,
          random: deployment.random(name),
          createRouter,
          recipients: (conversation) => members(conversation).filter((member) => member !== person),
        });
        deployment.addNode({ name, person, parts: { [part]: core }, userPart: part, radioPart: part });
      }
    },
  };
}

/** Epidemic routing: everybody gets a copy of everything. */
export const epidemic = baseline({
  id: 'epidemic',
  title: 'Epidemic routing',
  rule: 'Epidemic routing (Vahdat and Becker, 2000): whoever lacks a copy gets one; the most that carrying can bring.',
  router: () => createEpidemicRouter,
});

/** Direct delivery: only the author hands a message over. */
export const direct = baseline({
  id: 'direct',
  title: 'Direct delivery',
  rule: 'Direct delivery (Spyropoulos, Psounis and Raghavendra, 2004): an author waits for the recipient; the least.',
  router: () => createDirectRouter,
});

/** Binary spray-and-wait. */
export const sprayAndWait = baseline({
  id: 'spray-and-wait',
  title: 'Spray and wait',
  rule:
    'Binary spray-and-wait (Spyropoulos, Psounis and Raghavendra, 2005): a message has so many copies; who holds several ' +
    'gives half of them away, and the last waits for the recipient.',
  router: (deployment) =>
    createSprayAndWaitRouter(
      deployment.parameter({
        name: 'copies',
        value: defaultCopies,
        unit: 'copies',
        range: [1, 64],
        meaning: 'copies of each message; 6 in The ONE’s default_settings.txt',
      }),
    ),
});

/** PRoPHET. */
export const prophet = baseline({
  id: 'prophet',
  title: 'PRoPHET',
  rule:
    'PRoPHET (RFC 6693, strategy GRTRMax): a copy goes to whoever is likelier to meet the recipient, as far as past meetings ' +
    'tell; neighbours tell each other their predictabilities once, when they meet, and a phone that restarts has none.',
  router: () => createProphetRouter,
});
