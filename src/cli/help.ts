/** What `--help` says below the list of commands and options. */
export const programHelp = `
Start here:
  netwright validate -f networks.yaml    is the file in order? (needs no engine, no root)
  netwright plan -f networks.yaml        what would change on this host
  netwright apply -f networks.yaml       change it
  netwright plan -f networks.yaml        now says: No changes.
  netwright watch -f networks.yaml       keep it so, until stopped
  netwright destroy                      take everything back

A small file (YAML or JSON; a directory of them is merged):
  networks: { front: { subnet: 172.18.103.0/24, gateway: 172.18.103.1 } }
  ips:      { 172.18.103.2: { ip: 172.18.103.2, container_name: web } }
  policies: [{ from: 10.0.0.0/8, to: web, port: 80 }]

Environment:
  NETWORKS_CONFIG_PATH   the file, where -f does not say (/etc/user/config/networks.json)
  NETWRIGHT_INSTANCE     a name of 1 to 6 lower-case letters and digits, for a second netwright on one host
  DOCKER_HOST            where the engine listens (Docker's, then Podman's usual socket)
  RUNTIME_API            the engine's socket, where DOCKER_HOST does not say
  WATCH_PERIOD_SECONDS   watch: how often the file is compared when no event comes (30)
  SCRIPT_TIMEOUT_SECONDS watch: how long the startup and the shutdown script may take, each (60)
  DEBUG, LOG_FORMAT      watch: DEBUG=1 logs more, LOG_FORMAT=json logs JSON
  NO_COLOR, FORCE_COLOR  never, always colour; else only on a terminal

In place of a file, where none is named and the usual one is not there, as container-network takes them (also as flags: -watch-network internal):
  WATCH_NETWORK                         the network whose containers' labels are followed (bridge)
  WATCH_CONTAINER_LABEL                 the label that has to be true (network.enable)
  IPTABLES_DNAT_PORTS_LABEL             the label that lists the ports to lead to the container (network.dnat.ports)
  IPTABLES_MANGLE_MARK_PUBLISHED_PORTS  the mark of packets from its other published ports (none)
  STARTUP_SCRIPT, SHUTDOWN_SCRIPT       run before watch begins and after it has ended (none)

Exit codes:
  0  all is well: a valid file, nothing to do, all in force, all removed
  1  something is wrong, and it says what: a mistake in the file, no engine, an operation that failed or was refused
  2  plan: there are changes
  130, 143  interrupted by SIGINT (Ctrl-C), SIGTERM
`;

/** What `netwright COMMAND --help` says below the options. */
export const commandHelp = {
  validate: `
Every problem at once, as file:line:column and a hint. Needs no engine and no privileges.

Examples:
  netwright validate -f networks.yaml
  netwright validate -f networks.d/ --json
  netwright validate -f networks.d/ --print       what the directory says, as one file
  WATCH_NETWORK=internal netwright validate --print    the file that container-network's variables amount to

Exit codes: 0 the file is in order (warnings allowed), 1 it is not.

JSON: {file, valid, digest, counts?: {networks, ips, policies, routing, discovery, on_demand},
  problems: [{file, line, column, severity, code, message, hint?}]}; with --print the file's content.
  A problem of a variable or flag has its name as the file, and line 0.
`,
  plan: `
Changes nothing, but reads the kernel's rules: run it as root.
+ will be made, ~ changed, - removed; "waiting" comes by itself later, "refused" needs somebody to decide.

Examples:
  netwright plan -f networks.yaml
  netwright plan --json | jq .summary

Exit codes: 0 nothing to do, 2 there are changes, 1 an error or something refused.

JSON: {changes: [{sign, area, place?, text, position?}], operations: [{kind, because, lines, …}],
  notices: [{kind, subject, message, hint?, position?}],
  summary: {add, change, remove, waiting, refused, warnings}}
`,
  apply: `
Does what plan shows and looks again until nothing is left; prints what it did and why. Run it as root.
Ctrl-C stops between two operations and says what was done and what was not.

Examples:
  netwright apply -f networks.yaml
  netwright apply -f networks.yaml --json | jq '.changes[] | select(.result != "done")'

Exit codes: 0 the host is as the file says, 1 something failed, was refused or keeps coming back.

JSON: {converged, rounds, interrupted?, changes: [{sign, area, place?, text, position?, result, because, error?}],
  remaining: [{sign, area, place?, text, position?}], notices, summary: {…, failed, skipped}}
`,
  watch: `
The daemon: applies the file, then again at every edit, engine event, flush and on SIGHUP. Run it as root.
SIGTERM ends it; what is in force stays in force.

Examples:
  netwright watch -f networks.yaml
  DEBUG=1 LOG_FORMAT=json netwright watch
  WATCH_NETWORK=internal IPTABLES_MANGLE_MARK_PUBLISHED_PORTS=2 netwright watch
  netwright watch -watch-network internal -startup-script /scripts/startup.sh

startup_script is run before anything is changed, shutdown_script at the end. They find netwright's own environment, and
NETWRIGHT_EVENT (startup, shutdown), NETWRIGHT_INSTANCE, NETWRIGHT_VERSION, NETWORKS_CONFIG_PATH.

Exit codes: 0 ended by SIGTERM or SIGINT, 1 it could not start (a second daemon of the same instance, no privileges,
  a startup script that failed), or the shutdown script failed.
`,
  status: `
What is in force, pending, waiting, refused and failed: from the running daemon, else worked out afresh (as root).

Examples:
  netwright status
  netwright status --json | jq .waiting

Exit codes: 0 all is in force (waiting allowed), 1 something is pending, refused or failed, or the file is bad.

JSON: {version, instance, daemon?: {pid, since}, file: {path, digest?, state, problems},
  lastPass?: {id, at, milliseconds, rounds, converged, changes}, inForce, pending, waiting, refused, warnings, failed,
  contested, gateways?: [{network, container, addresses, state, members, refused?}],
  onDemand?: [{name, state, why?, listen, notListening?, handedOver?, held, carried, wakes, lastWakeMilliseconds?,
  slowestWakeMilliseconds?, toTarget, toClient, byKernel?: {toTarget, toClient}}]}
`,
  destroy: `
Removes everything of this instance: networks it made, places it gave, rules, routes; sysctls get their former value.
The file is not read. Nothing foreign is touched. Stop the daemon first. Run it as root.

Examples:
  netwright destroy
  NETWRIGHT_INSTANCE=blue netwright destroy

Exit codes: 0 all is removed, 1 something could not be.

JSON: as of apply.
`,
  doctor: `
Reads only. Names what is missing and what that costs; works without an engine too.

Examples:
  netwright doctor
  netwright doctor --json | jq '.checks[] | select(.state != "ok")'

Exit codes: 0 netwright can do its work here, 1 it cannot.

JSON: {version, instance, checks: [{area, name, state, found, cost?, hint?}]}
`,
  wake: `
By the running daemon, which starts what the entry needs, in its order, and says when it is ready; without one by the engine.
Nobody need connect; when nobody has for the entry's idle time they are put to sleep again.

Examples:
  netwright wake whoami
  netwright wake whoami --json

Exit codes: 0 awake (already, or now), 1 not: no such entry, a container that does not start or is not ready in time, no engine.

JSON: {name, state, changed, by: daemon | engine, milliseconds?}, or {error: {code, message, hint?}}
`,
  sleep: `
By the running daemon: new connections are no longer led there, it is looked once more whether somebody is connected, and then
the containers are stopped, in their order. Who connects meanwhile is held, and wakes them. Without a daemon by the engine at once.

Examples:
  netwright sleep whoami
  netwright sleep whoami --force      whoever is connected, and whichever other entry needs the containers

Exit codes: 0 asleep (already, or now), 1 not: no such entry, somebody is connected, another entry needs the containers, no engine.

JSON: as of wake.
`,
  proxy: `
proxytainer's own command line: listens on the port, holds who connects while the containers of the group start, carries the
connections to the host, and stops the containers when nothing has passed for so long. Needs the engine's socket, no root, no file.
RUST_LOG=debug logs more, as DEBUG=1 does; --json logs JSON. \`netwright status\` beside it tells what it is doing.

Examples:
  netwright proxy --port 5001 --host localhost:5000 --group mygroup --idle 600
  netwright proxy -p 5001 --host whoami:80 -g mygroup --no-health

Exit codes: 0 ended by SIGTERM or SIGINT, and the containers stay as they are; 1 it could not start: a flag that makes no
  sense, a port that another program has.
`,
} as const;
