import { boundsOf } from '../model/address.ts';
import { concernsNewConnections, type Match, type PortRange } from '../model/ruleset.ts';
import type { Goal, Subject } from './subject.ts';

/** Whether a rule applies; `maybe` where it asks for what connection tracking does not keep. */
type Answer = 'yes' | 'no' | 'maybe';

/** Asks one rule's match about connections: as a filter sees them, or as a translation saw their first packet. */
export type Question = (subject: Subject, where: 'filter' | 'nat') => Answer;

/** The match made ready to be asked about many connections. Sets have to be written out before: a look-up in one is a `maybe`. */
export function questionOf(match: Match): Question {
  if (!concernsNewConnections(match)) return () => 'no';
  const source = within(match.source);
  const destination = within(match.destination);
  const { protocol, icmpType, destinationPorts, sourcePorts, originalPorts } = match;
  const needsTranslation = match.states?.includes('DNAT') === true && !match.states.includes('NEW');
  return (subject, where) => {
    const goal: Goal = where === 'nat' ? subject.asked : subject.reached;
    const applies =
      (protocol === undefined || protocol === subject.protocol) &&
      source(subject.source) &&
      destination(goal.address) &&
      isIn(destinationPorts, goal.port) &&
      isIn(sourcePorts, subject.sourcePort) &&
      isIn(originalPorts && [originalPorts], subject.asked.port) &&
      (icmpType === undefined || icmpType === subject.icmpType) &&
      (!needsTranslation || subject.isTranslated) &&
      (match.toLocalAddress !== true || goal.isLocal);
    return applies ? byLinks(match, subject, where) : 'no';
  };
}

function within(cidr: string | undefined): (address: bigint) => boolean {
  if (cidr === undefined) return () => true;
  const [first, last] = boundsOf(cidr);
  return (address) => first <= address && address <= last;
}

function isIn(ranges: readonly PortRange[] | undefined, port: number | undefined): boolean {
  if (ranges === undefined) return true;
  return port !== undefined && ranges.some(({ from, to }) => from <= port && port <= to);
}

function byLinks(match: Match, { inLink, outLink }: Subject, where: 'filter' | 'nat'): Answer {
  const { inInterface, exceptInInterface, outInterface } = match;
  const answers: readonly Answer[] = [
    inInterface === undefined ? 'yes' : isLink(inInterface, inLink),
    exceptInInterface === undefined ? 'yes' : opposite(isLink(exceptInInterface, inLink)),
    outInterface === undefined || where === 'nat' ? 'yes' : isLink(outInterface, outLink),
    match.every === undefined && match.set === undefined ? 'yes' : 'maybe',
  ];
  return answers.includes('no') ? 'no' : answers.includes('maybe') ? 'maybe' : 'yes';
}

function isLink(pattern: string, link: string | undefined | null): Answer {
  if (pattern === '+') return 'yes';
  if (link === undefined) return 'maybe';
  if (link === null) return 'no';
  const matches = pattern.endsWith('+') ? link.startsWith(pattern.slice(0, -1)) : link === pattern;
  return matches ? 'yes' : 'no';
}

function opposite(answer: Answer): Answer {
  return answer === 'maybe' ? 'maybe' : answer === 'yes' ? 'no' : 'yes';
}
