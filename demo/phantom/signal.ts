// MR signal of each tissue from proton density, T1 and T2 (Bernstein, King, Zhou: Handbook of MRI Pulse Sequences, ch. 14 and 16).

/** Times in ms at 1.5 T; fat's T2 is the effective one of fast spin echo trains; adc in 1e-3 mm²/s. */
interface TissueValues {
  pd: number
  t1: number
  t2: number
  adc: number
  /** T1 after contrast agent, where it enhances. */
  enhancedT1?: number
  /** Fast flow leaves no spin echo. */
  flow?: true
  /** Fat is suppressed in diffusion imaging. */
  fat?: true
}

const VALUES = {
  air: { pd: 0, t1: 1000, t2: 10, adc: 0 },
  skin: { pd: 0.7, t1: 500, t2: 45, adc: 0.8 },
  fat: { pd: 0.85, t1: 270, t2: 95, adc: 0.1, fat: true },
  muscle: { pd: 0.75, t1: 900, t2: 45, adc: 1.2, enhancedT1: 780 },
  bone: { pd: 0.05, t1: 700, t2: 12, adc: 0.2 },
  marrow: { pd: 0.55, t1: 330, t2: 70, adc: 0.3, fat: true },
  disc: { pd: 0.6, t1: 1000, t2: 80, adc: 1.2 },
  dura: { pd: 0.3, t1: 800, t2: 30, adc: 0.5, enhancedT1: 380 },
  mucosa: { pd: 0.85, t1: 1100, t2: 130, adc: 1.5, enhancedT1: 420 },
  vitreous: { pd: 1, t1: 3300, t2: 900, adc: 2.6 },
  lens: { pd: 0.7, t1: 1100, t2: 40, adc: 0.8 },
  csf: { pd: 1, t1: 4200, t2: 1800, adc: 3 },
  vein: { pd: 0.9, t1: 1400, t2: 150, adc: 1.5, enhancedT1: 260, flow: true },
  choroid: { pd: 0.9, t1: 1500, t2: 250, adc: 1.8, enhancedT1: 400 },
  gland: { pd: 0.8, t1: 850, t2: 90, adc: 1, enhancedT1: 380 },
  white: { pd: 0.7, t1: 640, t2: 78, adc: 0.74 },
  stem: { pd: 0.73, t1: 730, t2: 82, adc: 0.78 },
  grey: { pd: 0.8, t1: 1080, t2: 99, adc: 0.82 },
  cerebellar: { pd: 0.79, t1: 980, t2: 96, adc: 0.78 },
  thalamus: { pd: 0.76, t1: 830, t2: 86, adc: 0.78 },
  striatum: { pd: 0.79, t1: 920, t2: 88, adc: 0.76 },
  pallidum: { pd: 0.74, t1: 760, t2: 66, adc: 0.76 },
  oedema: { pd: 0.86, t1: 1280, t2: 168, adc: 1.45 },
  mildOedema: { pd: 0.8, t1: 1030, t2: 130, adc: 1.15 },
  rim: { pd: 0.83, t1: 1130, t2: 122, adc: 1.1, enhancedT1: 340 },
  faintRim: { pd: 0.83, t1: 1180, t2: 128, adc: 1.15, enhancedT1: 500 },
  necrosis: { pd: 0.95, t1: 2300, t2: 290, adc: 2.1, enhancedT1: 1900 },
} as const satisfies Record<string, TissueValues>

export type Tissue = keyof typeof VALUES
export const TISSUES = Object.keys(VALUES) as Tissue[]
/** Index of each tissue in `TISSUES` and in the signal tables. */
export const TISSUE = Object.fromEntries(TISSUES.map((tissue, index) => [tissue, index])) as Record<Tissue, number>

export type Contrast =
  | { kind: 'spin-echo'; tr: number; te: number }
  | { kind: 'inversion-recovery'; tr: number; te: number; ti: number }
  | { kind: 'mprage'; tr: number; te: number; ti: number; contrastAgent: boolean }
  | { kind: 'spoiled-gradient-echo'; tr: number; te: number; flipAngle: number }
  | { kind: 'diffusion'; tr: number; te: number; b: number }

/** Relative signal of one tissue (1 = all of the protons' magnetisation). */
export function signalOf(tissue: Tissue, contrast: Contrast): number {
  const { pd, t1, t2, adc, enhancedT1, flow, fat }: TissueValues = VALUES[tissue]
  const { tr, te } = contrast
  const decay = Math.exp(-te / t2)
  switch (contrast.kind) {
    case 'spin-echo':
      return pd * (flow ? 0.08 : 1) * (1 - Math.exp(-tr / t1)) * decay
    case 'inversion-recovery':
      return pd * (flow ? 0.08 : 1) * Math.abs(1 - 2 * Math.exp(-contrast.ti / t1) + Math.exp(-tr / t1)) * decay
    case 'mprage': {
      // The magnetisation at the centre of the echo train, the train itself left out (Mugler and Brookeman 1990).
      const t1Now = contrast.contrastAgent ? (enhancedT1 ?? t1) : t1
      return pd * Math.abs(1 - (2 * Math.exp(-contrast.ti / t1Now)) / (1 + Math.exp(-tr / t1Now))) * decay
    }
    case 'spoiled-gradient-echo': {
      const angle = (contrast.flipAngle * Math.PI) / 180
      const e1 = Math.exp(-tr / t1)
      return (pd * Math.sin(angle) * (1 - e1) * decay) / (1 - Math.cos(angle) * e1)
    }
    case 'diffusion':
      return (
        pd *
        (fat ? 0.05 : 1) *
        (flow ? 0.08 : 1) *
        (1 - Math.exp(-tr / t1)) *
        decay *
        Math.exp((-contrast.b * adc) / 1000)
      )
  }
}

/** Signals of all tissues, by tissue index. */
export function signalTable(contrast: Contrast): Float32Array {
  return Float32Array.from(TISSUES, (tissue) => signalOf(tissue, contrast))
}

/** Apparent diffusion coefficient of all tissues in 1e-6 mm²/s, by tissue index; 0 where fat is suppressed. */
export function diffusionTable(): Float32Array {
  return Float32Array.from(TISSUES, (tissue) => ('fat' in VALUES[tissue] ? 0 : 1000 * VALUES[tissue].adc))
}
