// Who is on Matrix in a world with a bridge, and in which network everybody else is reached.
import { bridge as constants } from '../../protocol/bridge/constants.ts';
import type { ConversationId, PersonId } from '../../protocol/message.ts';
import type { Deployment } from './system.ts';

/** Drawn for the whole run. */
export interface Roles {
  isBridged(person: PersonId): boolean;
  /** The network of a conversation; undefined for those among Matrix users. */
  networkOf(conversation: ConversationId): string | undefined;
  /** The network in which somebody is found who is not met in a conversation yet, and in which they make groups. */
  homeOf(person: PersonId): string;
  readonly portalBuffer: number;
}

export function readRoles(deployment: Deployment): Roles {
  const bridgedShare = deployment.parameter({
    name: 'bridgedShare',
    value: 0.3,
    unit: 'of people',
    meaning: 'people who use Matrix and reach everybody else through the bridge',
    range: [0.02, 0.9],
  });
  const signalShare = deployment.parameter({
    name: 'signalShare',
    value: 0.5,
    unit: 'of conversations',
    meaning: 'conversations with others that are on Signal; the rest is on WhatsApp',
    range: [0, 1],
  });
  const portalBuffer = deployment.parameter({
    name: 'portalBuffer',
    value: constants.portalBuffer,
    unit: 'events',
    meaning:
      'events of a chat that the bridge has taken from a network and not yet stored in Matrix; 0: networks are answered only after that',
    source: 'mautrix/go bridgev2/portal.go',
    range: [0, 64],
  });
  const { conversations } = deployment.workload;
  const isBridged = (person: PersonId): boolean => deployment.exogenous('bridged', person) < bridgedShare;
  const network = conversations.map(({ id, members }) => {
    if (members.every(isBridged)) return undefined;
    return deployment.exogenous('bridged-network', id) < signalShare ? 'signal' : 'whatsapp';
  });
  return {
    isBridged,
    networkOf: (conversation) => network[conversation],
    homeOf: (person) => (deployment.exogenous('bridged-home', person) < signalShare ? 'signal' : 'whatsapp'),
    portalBuffer: Math.round(portalBuffer),
  };
}
