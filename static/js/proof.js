// Proof of work for the residents' form: tries numbers until the hash fits. SHA-256 is written out here because
// browsers offer theirs on https pages only, and an office may serve plain http inside its own network.

const K = new Uint32Array(64);
const START = new Uint32Array(8);

// The first 32 bits of the fractions of the cube and square roots of the first primes.
function prepare() {
  const fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
  let found = 0;
  for (let n = 2; found < 64; n++) {
    let isPrime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) { isPrime = false; break; }
    if (!isPrime) continue;
    if (found < 8) START[found] = fraction(Math.sqrt(n));
    K[found++] = fraction(Math.cbrt(n));
  }
}
prepare();

const turn = (x, n) => (x >>> n) | (x << (32 - n));

/** The SHA-256 of a text of ASCII letters, as 64 hexadecimal digits. */
export function sha256(text) {
  const length = text.length, blocks = (length + 8 >> 6) + 1, words = new Uint32Array(blocks * 16);
  for (let i = 0; i < length; i++) words[i >> 2] |= text.charCodeAt(i) << (24 - (i & 3) * 8);
  words[length >> 2] |= 0x80 << (24 - (length & 3) * 8);
  words[blocks * 16 - 1] = length * 8;
  const hash = START.slice(), w = new Uint32Array(64);
  for (let block = 0; block < words.length; block += 16) {
    for (let i = 0; i < 64; i++) {
      if (i < 16) { w[i] = words[block + i]; continue; }
      const a = w[i - 15], b = w[i - 2];
      w[i] = w[i - 16] + w[i - 7] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10));
    }
    let [a, b, c, d, e, f, g, h] = hash;
    for (let i = 0; i < 64; i++) {
      const first = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const second = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + first) | 0; d = c; c = b; b = a; a = (first + second) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => { hash[i] += value; });
  }
  return Array.from(hash, (value) => value.toString(16).padStart(8, "0")).join("");
}

/** The answer to a riddle {challenge, salt, signature, most}; the page stays usable meanwhile. */
export async function solve(riddle) {
  for (let number = 0; number <= Number(riddle.most); number++) {
    if (number % 2000 === 1999) await new Promise((go) => setTimeout(go, 0));
    if (sha256(riddle.salt + number) !== riddle.challenge) continue;
    return btoa(JSON.stringify({
      algorithm: "SHA-256", challenge: riddle.challenge, number, salt: riddle.salt, signature: riddle.signature,
    }));
  }
  return "";
}
