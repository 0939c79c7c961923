import type { Chance } from '../chance.ts';
import { userChain } from '../host/engine-under-test.ts';
import type { ThrowawayHost } from '../host/throwaway-host.ts';

/** What an administrator does beside us, and how it is taken back. */
const edits = [
  [
    `iptables -I ${userChain} 1 -s 203.0.113.9/32 -j DROP`,
    `iptables -D ${userChain} -s 203.0.113.9/32 -j DROP`,
  ],
  [
    `iptables -I ${userChain} 1 -j ACCEPT -d 203.0.113.10/32`,
    `iptables -D ${userChain} -d 203.0.113.10/32 -j ACCEPT`,
  ],
  [
    `iptables -A ${userChain} -s 203.0.113.11/32 -j RETURN`,
    `iptables -D ${userChain} -s 203.0.113.11/32 -j RETURN`,
  ],
  ['ip6tables -I FORWARD 1 -s 2001:db8::9/128 -j DROP', 'ip6tables -D FORWARD -s 2001:db8::9/128 -j DROP'],
  ['iptables -I INPUT 1 -s 203.0.113.12/32 -j DROP', 'iptables -D INPUT -s 203.0.113.12/32 -j DROP'],
  [
    'iptables -t nat -I PREROUTING 1 -p tcp --dport 9999 -j REDIRECT --to-ports 9',
    'iptables -t nat -D PREROUTING -p tcp --dport 9999 -j REDIRECT --to-ports 9',
  ],
  [
    'iptables -t raw -I PREROUTING 1 -s 203.0.113.13/32 -j DROP',
    'iptables -t raw -D PREROUTING -s 203.0.113.13/32 -j DROP',
  ],
  ['ipset add crowd-blocked 203.0.113.128/25 comment "late"', 'ipset del crowd-blocked 203.0.113.128/25'],
  ['ipset create crowd-late hash:ip; ipset add crowd-late 192.0.2.3', 'ipset destroy crowd-late'],
  ['ip route add 10.95.0.0/16 via 10.9.0.2 metric 3', 'ip route del 10.95.0.0/16 via 10.9.0.2 metric 3'],
  ['ip rule add fwmark 0x2 table 200 priority 7', 'ip rule del fwmark 0x2 table 200 priority 7'],
  [
    'nft add chain inet crowd_wall late; nft add rule inet crowd_wall late ip saddr 203.0.113.14 drop',
    'nft flush chain inet crowd_wall late; nft delete chain inet crowd_wall late',
  ],
] as const;

export interface ForeignEdits {
  /** Does one of them, or takes it back when it is done already. */
  next(chance: Chance): Promise<void>;
  /** Takes back all that are done, the last first. */
  undo(): Promise<void>;
}

/** The changes of others on the host while ours go on; every one of them can be taken back. */
export function foreignEdits(host: ThrowawayHost): ForeignEdits {
  type Edit = (typeof edits)[number];
  const done: Edit[] = [];
  const takeBack = async (edit: Edit): Promise<void> => {
    await host.sh(edit[1]);
    done.splice(done.indexOf(edit), 1);
  };
  return {
    async next(chance) {
      const edit = chance.oneOf<Edit>(edits);
      if (done.includes(edit)) {
        await takeBack(edit);
        return;
      }
      await host.sh(edit[0]);
      done.push(edit);
    },
    async undo() {
      for (const edit of done.toReversed()) await takeBack(edit);
    },
  };
}
