const fourParts = /^(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}$/;
const prefixes = /^([0-9]|[12][0-9]|3[0-2])$/;

/** The address as a number; undefined for what is none, as is any short or octal form. */
export function ipv4Number(text: string): number | undefined {
  if (!fourParts.test(text)) return undefined;
  let value = 0;
  for (const part of text.split('.')) {
    if (Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

/** IPv4 has one spelling; files with thousands of addresses need not turn each into a number and back. */
export function isIpv4(text: string): boolean {
  return ipv4Number(text) !== undefined;
}

/** Whether the text is a CIDR as the kernel prints it. */
export function isIpv4Cidr(text: string): boolean {
  const slash = text.indexOf('/');
  const digits = text.slice(slash + 1);
  const value = ipv4Number(text.slice(0, slash));
  return value !== undefined && prefixes.test(digits) && value % 2 ** (32 - Number(digits)) === 0;
}
