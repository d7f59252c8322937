// Forging leases with the server's own secret: for expired ones, which cannot be had by asking.
// Layout and key derivation as in media/protocol/src/lease.rs.

import { createHmac } from 'node:crypto';

const hmac = (key, data) => createHmac('sha256', key).update(data).digest();
const uuidBytes = (id) => Buffer.from(id.replaceAll('-', ''), 'hex');

/** A Watch (0) or Preview (1) token for `lesson` that expires at `expiresAt` (UTC ms). */
export function signLease(secret, { lease, lesson, expiresAt, purpose = 0, device = 0 }) {
  const expiry = Buffer.alloc(8);
  expiry.writeBigInt64BE(BigInt(Math.floor(expiresAt / 1000)));
  const body = Buffer.concat([Buffer.from([1, purpose, device]), uuidBytes(lease), uuidBytes(lesson), expiry]);
  const key = hmac(secret, 'yunke lease v1');
  return Buffer.concat([body, hmac(key, body).subarray(0, 16)]).toString('base64url');
}
