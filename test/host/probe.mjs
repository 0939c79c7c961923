// probe.mjs NAME: sends and answers real packets from the network namespace it was started in. Commands come as JSON lines
// {id, do, …} on standard input; each is answered by one line {id, result} or {id, error}. Ends when its input does.
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { connect as connectTcp, createServer, isIP, isIPv6 } from 'node:net';
import { createInterface } from 'node:readline';

const place = process.argv[2];
const unreachable = [
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EACCES',
  'EPERM',
  'ENOPROTOOPT',
];
const opened = new Map();

const plain = (address) => address.replace(/^::ffff:(?=\d+\.)/, '');
const greeting = (by, proto, address, port) =>
  `${JSON.stringify({ by, proto, clientAddress: plain(address), clientPort: port })}\n`;

/** The outcome an error stands for; an error that says nothing about the network is the probe's own failure. */
const outcomeOf = (error) => {
  if (error.code === 'ECONNREFUSED') return { kind: 'refused' };
  if (error.code === 'ETIMEDOUT') return { kind: 'timeout' };
  if (unreachable.includes(error.code)) return { kind: 'unreachable', code: error.code };
  throw error;
};

/** An IPv6 address cannot be used before duplicate address detection is done with it (flag 0x40 in if_inet6). */
const settled = async () => {
  const isTentative = () =>
    readFileSync('/proc/net/if_inet6', 'utf8')
      .split('\n')
      .some((line) => Number.parseInt(line.split(/\s+/)[4] ?? '0', 16) & 0x40);
  for (let left = 300; left > 0 && isTentative(); left -= 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
};

const listenTcp = ({ port, address, reply }) =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.write(greeting(reply, 'tcp', socket.remoteAddress ?? '', socket.remotePort));
      socket.pipe(socket);
    });
    server.on('error', reject);
    server.listen({ port, host: address ?? '::' }, () => resolve({ port: server.address().port }));
  });

const listenUdp = ({ port, address, reply }) =>
  new Promise((resolve, reject) => {
    const socket = createSocket(address === undefined || isIPv6(address) ? 'udp6' : 'udp4');
    socket.on('error', reject);
    socket.on('message', (_, peer) =>
      socket.send(greeting(reply, 'udp', peer.address, peer.port), peer.port, peer.address),
    );
    socket.bind({ port, address: address ?? '::' }, () => resolve({ port: socket.address().port }));
  });

const readGreeting = (line) => {
  try {
    const said = JSON.parse(line);
    if (typeof said.by === 'string') return { kind: 'answered', ...said };
  } catch {}
  return { kind: 'unanswered', said: line };
};

/** Resolves with the outcome and, when answered, leaves the socket open for `open`. */
const dialTcp = ({ address, port, localAddress, localPort, timeoutMs }) =>
  new Promise((resolve, reject) => {
    const socket = connectTcp({ host: address, port, localAddress, localPort });
    const lines = createInterface({ input: socket });
    let connected = false;
    const finish = (result) => {
      clearTimeout(timer);
      if (result.kind !== 'answered') socket.resetAndDestroy();
      resolve({ result, socket, lines });
    };
    const timer = setTimeout(
      () => finish(connected ? { kind: 'unanswered', said: '' } : { kind: 'timeout' }),
      timeoutMs,
    );
    socket.on('connect', () => {
      connected = true;
    });
    lines.once('line', (line) => finish(readGreeting(line)));
    lines.on('error', () => {});
    socket.on('close', () => finish({ kind: 'unanswered', said: '' }));
    socket.on('error', (error) => {
      clearTimeout(timer);
      try {
        finish(connected ? { kind: 'unanswered', said: error.code } : outcomeOf(error));
      } catch (failure) {
        reject(failure);
      }
    });
  });

const connectUdp = ({ address, port, localAddress, localPort, timeoutMs }) =>
  new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const finish = (result) => {
      clearTimeout(timer);
      socket.close();
      resolve(result);
    };
    const timer = setTimeout(() => finish({ kind: 'timeout' }), timeoutMs);
    socket.on('message', (message) => finish(readGreeting(message.toString().trim())));
    const failed = (error) => {
      try {
        finish(outcomeOf(error));
      } catch (failure) {
        reject(failure);
      }
    };
    socket.on('error', failed);
    socket.bind({ port: localPort ?? 0, address: localAddress }, () =>
      socket.connect(port, address, (error) => (error ? failed(error) : socket.send('?\n'))),
    );
  });

const connect = async (asked) => {
  if (asked.proto === 'udp') return connectUdp(asked);
  const { result, socket } = await dialTcp(asked);
  socket.resetAndDestroy();
  return result;
};

const open = async (asked) => {
  const { result, socket, lines } = await dialTcp(asked);
  if (result.kind !== 'answered') return result;
  const connection = { socket, lines, ended: undefined };
  socket.on('error', (error) => {
    connection.ended = error.code;
  });
  socket.on('close', () => {
    connection.ended ??= 'closed';
  });
  opened.set(asked.id, connection);
  return { ...result, connection: asked.id };
};

const ping = ({ id, connection, timeoutMs }) =>
  new Promise((resolve) => {
    const { socket, lines, ended } = opened.get(connection);
    if (ended) return resolve({ kind: 'closed', code: ended });
    const finish = (result) => {
      clearTimeout(timer);
      lines.off('line', onLine);
      socket.off('close', onClose);
      resolve(result);
    };
    // A segment that was held up is sent again later: only the echo of this very ping counts.
    const onLine = (line) => line === `ping ${id}` && finish({ kind: 'echoed' });
    const onClose = () => finish({ kind: 'closed', code: opened.get(connection).ended ?? 'closed' });
    const timer = setTimeout(() => finish({ kind: 'timeout' }), timeoutMs);
    lines.on('line', onLine);
    socket.on('close', onClose);
    socket.write(`ping ${id}\n`);
  });

const close = ({ connection }) => {
  opened.get(connection).socket.resetAndDestroy();
  return { kind: 'closed' };
};

const performers = {
  listen: (asked) => (asked.proto === 'udp' ? listenUdp : listenTcp)({ reply: place, ...asked }),
  connect,
  open,
  ping,
  close,
};

const answer = async (line) => {
  const asked = JSON.parse(line);
  try {
    if (asked.address !== undefined && !isIP(asked.address))
      throw new Error(`${asked.address} is not an IP address`);
    if (isIPv6(asked.address ?? '')) await settled();
    return { id: asked.id, result: await performers[asked.do](asked) };
  } catch (error) {
    return { id: asked.id, error: String(error.stack ?? error) };
  }
};

const input = createInterface({ input: process.stdin });
input.on('line', async (line) => process.stdout.write(`${JSON.stringify(await answer(line))}\n`));
input.on('close', () => process.exit(0));
