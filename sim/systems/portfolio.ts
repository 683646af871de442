// People with WhatsApp, some of whom have Signal as well and write there when WhatsApp does not take a message.
import { composeCodecs } from '../../protocol/codec.ts';
import type { ConversationId, PersonId, UserMessageId } from '../../protocol/message.ts';
import { pushCodec } from '../../protocol/push.ts';
import { createSeveralApplications, type Application } from '../../protocol/several-applications.ts';
import { signalCodec } from '../../protocol/signal/codec.ts';
import { taskKinds, type Task } from '../../protocol/task.ts';
import { seconds, type Duration } from '../../protocol/time.ts';
import { whatsappCodec } from '../../protocol/whatsapp/messages.ts';
import { logNormal } from '../random/distributions.ts';
import { CombinedDeployment, type DeviceShare } from './combined-deployment.ts';
import { signal } from './signal.ts';
import type { Deployment, System } from './system.ts';
import { whatsapp } from './whatsapp.ts';
import type { Conversation } from '../workload/workload.ts';

const first = 'whatsapp';
const second = 'signal';

function readParameters(deployment: Deployment): {
  readonly bothShare: number;
  readonly patienceMinutes: number;
} {
  return {
    bothShare: deployment.parameter({
      name: 'bothShare',
      value: 0.5,
      unit: 'of people',
      meaning: 'people who have the second application too',
      range: [0, 1],
    }),
    patienceMinutes: deployment.parameter({
      name: 'patienceMinutes',
      value: 5,
      unit: 'min',
      meaning:
        'median time for which a person looks at a message that the service has not taken before writing it in the next application (log-normal, sigma 1)',
      range: [0.5, 120],
    }),
  };
}

/** Whom a task needs beside whoever sets out to do it. */
function othersOf(task: Task, conversations: readonly Conversation[]): readonly PersonId[] {
  switch (task.kind) {
    case 'first-contact':
      return [task.to];
    case 'create-group':
      return task.invites;
    case 'join-group':
      return [task.host];
    case 'attachment':
    case 'history':
      return conversations[task.conversation]?.members ?? [];
    case 'link-device':
    case 'log-in':
      return [];
  }
}

/** Two applications by two operators on the same phones. */
export const portfolio: System = {
  id: 'portfolio',
  title: 'WhatsApp, then Signal',
  description:
    'Everybody has WhatsApp, a share of people Signal as well. Who has written in vain for longer than a stated patience ' +
    'writes the same in Signal, where everybody in the conversation has it, and goes on there until WhatsApp has taken ' +
    'what waited. What fails visibly beyond writing is tried again in the other application. The first copy cannot be taken back and may arrive second; it counts once. Both applications are open ' +
    'at the same times, a push notification wakes both. Limits and assumptions are those of the two systems.',
  fidelity: 'C',
  tasks: taskKinds,
  codec: composeCodecs({ whatsapp: whatsappCodec, signal: signalCodec, push: pushCodec }),
  usesRadio: false,
  deploy(deployment) {
    const { bothShare, patienceMinutes } = readParameters(deployment);
    const { conversations } = deployment.workload;
    const hasBoth = (person: PersonId): boolean => deployment.exogenous('portfolio', person) < bothShare;
    const secondCarries = conversations.map(({ members }) => members.every(hasBoth));
    const serves = (architecture: string, task: Task): boolean =>
      architecture === first || othersOf(task, conversations).every(hasBoth);
    const carries = (architecture: string, conversation: ConversationId): boolean =>
      architecture === first || secondCarries[conversation] === true;
    const patience = (message: UserMessageId): Duration =>
      seconds(60 * logNormal(deployment.exogenous('patience', message), patienceMinutes, 1));
    const combined = new CombinedDeployment(deployment);
    whatsapp.deploy(combined.part(first));
    signal.deploy(combined.part(second));
    for (const device of combined.devices) {
      const shares = device.shares.filter(
        ({ architecture }) => architecture === first || hasBoth(device.person),
      );
      const applications = shares.map(({ architecture, factory }: DeviceShare): Application => ({
        name: architecture,
        factory,
        carries: (conversation) => carries(architecture, conversation),
        serves: (task) => serves(architecture, task),
      }));
      const core = createSeveralApplications({ applications, patience });
      combined.place({ ...device, shares }, 'applications', core);
    }
  },
};
