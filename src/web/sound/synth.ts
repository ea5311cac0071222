/** The sounds of the arena, made on the spot: no files, no network. */
export type Sound = 'hit' | 'critical' | 'shield' | 'collect' | 'elimination' | 'count' | 'start' | 'win' | 'sale';

let context: AudioContext | null = null;

/** A browser lets a page sound only after the first input; before it, and where there is no audio, this stays silent. */
function ready(): AudioContext | null {
  if (typeof AudioContext === 'undefined' || !navigator.userActivation.hasBeenActive) return null;
  context ??= new AudioContext();
  if (context.state === 'suspended') void context.resume();
  return context;
}

interface Tone {
  shape: OscillatorType;
  /** Hz at the start and at the end. */
  from: number;
  to: number;
  /** Seconds from now, and how long. */
  at?: number;
  for: number;
  gain: number;
}

function tone(audio: AudioContext, { shape, from, to, at = 0, for: length, gain }: Tone): void {
  const start = audio.currentTime + at;
  const oscillator = audio.createOscillator();
  const volume = audio.createGain();
  oscillator.type = shape;
  oscillator.frequency.setValueAtTime(from, start);
  oscillator.frequency.exponentialRampToValueAtTime(to, start + length);
  volume.gain.setValueAtTime(0.0001, start);
  volume.gain.exponentialRampToValueAtTime(gain, start + 0.008);
  volume.gain.exponentialRampToValueAtTime(0.0001, start + length);
  oscillator.connect(volume).connect(audio.destination);
  oscillator.start(start);
  oscillator.stop(start + length);
}

/** A burst of filtered noise: the thump of a rubber stamp on paper. */
function thump(
  audio: AudioContext,
  { cutoff, for: length, gain }: { cutoff: number; for: number; gain: number },
): void {
  const frames = Math.ceil(audio.sampleRate * length);
  const buffer = audio.createBuffer(1, frames, audio.sampleRate);
  const samples = buffer.getChannelData(0);
  for (let i = 0; i < frames; i += 1) samples[i] = (Math.random() * 2 - 1) * (1 - i / frames) ** 2;
  const noise = audio.createBufferSource();
  const filter = audio.createBiquadFilter();
  const volume = audio.createGain();
  noise.buffer = buffer;
  filter.type = 'lowpass';
  filter.frequency.value = cutoff;
  volume.gain.value = gain;
  noise.connect(filter).connect(volume).connect(audio.destination);
  noise.start();
}

const sounds: Record<Sound, (audio: AudioContext) => void> = {
  hit(audio) {
    thump(audio, { cutoff: 900, for: 0.12, gain: 0.5 });
    tone(audio, { shape: 'triangle', from: 190, to: 70, for: 0.12, gain: 0.25 });
  },
  critical(audio) {
    thump(audio, { cutoff: 2400, for: 0.22, gain: 0.6 });
    tone(audio, { shape: 'sawtooth', from: 320, to: 55, for: 0.26, gain: 0.22 });
    tone(audio, { shape: 'square', from: 1250, to: 620, at: 0.02, for: 0.14, gain: 0.07 });
  },
  shield(audio) {
    tone(audio, { shape: 'sine', from: 420, to: 840, for: 0.22, gain: 0.16 });
    tone(audio, { shape: 'sine', from: 630, to: 1260, at: 0.04, for: 0.26, gain: 0.09 });
  },
  collect(audio) {
    tone(audio, { shape: 'triangle', from: 660, to: 668, for: 0.09, gain: 0.16 });
    tone(audio, { shape: 'triangle', from: 990, to: 1000, at: 0.07, for: 0.16, gain: 0.16 });
  },
  elimination(audio) {
    thump(audio, { cutoff: 500, for: 0.35, gain: 0.7 });
    tone(audio, { shape: 'sawtooth', from: 280, to: 40, for: 0.6, gain: 0.16 });
  },
  count(audio) {
    tone(audio, { shape: 'square', from: 520, to: 515, for: 0.08, gain: 0.06 });
  },
  start(audio) {
    tone(audio, { shape: 'square', from: 780, to: 790, for: 0.3, gain: 0.08 });
  },
  sale(audio) {
    thump(audio, { cutoff: 1600, for: 0.07, gain: 0.35 });
    tone(audio, { shape: 'triangle', from: 1320, to: 1330, at: 0.06, for: 0.1, gain: 0.14 });
    tone(audio, { shape: 'triangle', from: 1760, to: 1775, at: 0.14, for: 0.34, gain: 0.16 });
  },
  win(audio) {
    [523, 659, 784, 1047].forEach((pitch, i) =>
      tone(audio, { shape: 'triangle', from: pitch, to: pitch * 1.005, at: i * 0.11, for: 0.28, gain: 0.16 }),
    );
  },
};

export function play(sound: Sound): void {
  const audio = ready();
  if (audio !== null) sounds[sound](audio);
}
