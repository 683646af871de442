// Pictures as PNG, through resvg, which is an optional package.
import type * as Rasteriser from '@resvg/resvg-js';
import { MissingPackage } from '../missing-package.ts';

/** Pixels of the PNG per pixel of the SVG: for print and sharp screens. */
const scale = 2;

/**
 * An SVG document of netsplit's as PNG.
 * @throws MissingPackage
 */
export async function toPng(svg: string): Promise<Uint8Array> {
  const { Resvg } = await load();
  const drawn = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: scale },
    font: { loadSystemFonts: true, defaultFontFamily: 'DejaVu Sans', sansSerifFamily: 'DejaVu Sans' },
    background: 'white',
  });
  return drawn.render().asPng();
}

async function load(): Promise<typeof Rasteriser> {
  try {
    return await import('@resvg/resvg-js');
  } catch {
    throw new MissingPackage('PNG', '@resvg/resvg-js', 'SVG needs none');
  }
}
