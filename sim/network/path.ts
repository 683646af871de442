// How long a packet takes from one node to another when nothing is wrong.
import type { Duration, Instant } from '../../protocol/time.ts';
import { ByNumber } from '../by-number.ts';
import { greatCircleMetres } from '../infrastructure/great-circle.ts';
import { hashedName, type AddressedDraw } from '../random/addressed.ts';
import { logNormal } from '../random/distributions.ts';
import { ln } from '../random/elementary.ts';
import type { Location, RegionRoundTrip, World } from '../world.ts';
import { fibreMetresPerMillisecond, routeFactor } from './assumptions.ts';
import type { Station, Stations } from './station.ts';

/** A longer propagation time between two nodes, in one direction. */
export interface Perturbation {
  readonly from: string;
  readonly to: string;
  readonly by: Duration;
}

/** What paths are made from. */
export interface PathsOptions {
  readonly world: World;
  readonly stations: Stations;
  readonly draw: AddressedDraw;
  readonly perturb: Perturbation | undefined;
}

/** The backbone between two sites: median one-way time in microseconds and sigma of its logarithm. */
interface Backbone {
  readonly median: number;
  readonly sigma: number;
}

const pathDraws = hashedName('path');

/** Quantile of the standard normal at 0.9: a log-normal's p90 over its p50 is exp(1.2816 sigma). */
const ninetiethNormal = 1.2815515655446004;

/** Propagation times between nodes. */
export class Paths {
  readonly #options: PathsOptions;
  /** By the sites of both ends. */
  readonly #backbones = new ByNumber<ByNumber<Backbone>>();
  /** Where the regions of the round-trip table are. */
  readonly #anchors = new Map<string, Location>();

  constructor(options: PathsOptions) {
    this.#options = options;
    for (const { kind, attributes, location } of options.world.components.values()) {
      const region = attributes['region'];
      if (kind === 'region' && region !== undefined && location?.anchorRegion === region)
        this.#anchors.set(region, location);
    }
  }

  /** One-way time of a packet that leaves now, jitter included. A function of the two nodes and the instant. */
  oneWay(from: Station, to: Station, at: Instant): Duration {
    const { draw, stations, perturb } = this.#options;
    const { median, sigma } = this.#backbone(from, to);
    const backbone =
      sigma === 0 ? median : logNormal(draw(pathDraws, from.hashed, to.hashed, at), median, sigma);
    const access = stations.accessRoundTrip(from, at) + stations.accessRoundTrip(to, at);
    const longer = perturb?.from === from.name && perturb.to === to.name ? perturb.by : 0;
    return (backbone + Math.round(access / 2) + longer) as Duration;
  }

  /** There and back. */
  roundTrip(from: Station, to: Station, at: Instant): Duration {
    return (this.oneWay(from, to, at) + this.oneWay(to, from, at)) as Duration;
  }

  #backbone(from: Station, to: Station): Backbone {
    let row = this.#backbones.get(from.site);
    if (row === undefined) this.#backbones.set(from.site, (row = new ByNumber<Backbone>()));
    let backbone = row.get(to.site);
    if (backbone === undefined) row.set(to.site, (backbone = this.#measure(from.location, to.location)));
    return backbone;
  }

  /**
   * Half the measured round trip between the two anchor regions, and fibre from each site to its anchor. Within one
   * region the direct way is taken where that is shorter; without a measurement, fibre all the way.
   */
  #measure(from: Location, to: Location): Backbone {
    const table = this.#options.world.regionRoundTrips;
    const measured: RegionRoundTrip | undefined =
      table.get(from.anchorRegion)?.get(to.anchorRegion) ??
      table.get(to.anchorRegion)?.get(from.anchorRegion);
    const direct = fibreMicroseconds(greatCircleMetres(from, to));
    if (measured === undefined) return { median: direct, sigma: 0 };
    const tails = this.#toAnchor(from) + this.#toAnchor(to);
    const fibre = from.anchorRegion === to.anchorRegion ? Math.min(direct, tails) : tails;
    const sigma = measured.p90 > measured.p50 ? ln(measured.p90 / measured.p50) / ninetiethNormal : 0;
    return { median: Math.round(measured.p50 * 500) + fibre, sigma };
  }

  #toAnchor(location: Location): number {
    const anchor = this.#anchors.get(location.anchorRegion);
    return anchor === undefined ? 0 : fibreMicroseconds(greatCircleMetres(location, anchor));
  }
}

function fibreMicroseconds(metres: number): number {
  return Math.round((metres * routeFactor * 1_000) / fibreMetresPerMillisecond);
}
