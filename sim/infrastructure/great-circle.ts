// Distances on the globe.

/** Mean radius of the Earth, km (IUGG: (2a + b) / 3 of the WGS 84 ellipsoid). */
const earthRadiusKm = 6_371.0088;

/**
 * Great-circle distance in whole metres by the haversine formula. Rounded, because sine and cosine are not specified
 * bit for bit and the result enters arrival times.
 */
export function greatCircleMetres(
  from: { readonly latitude: number; readonly longitude: number },
  to: { readonly latitude: number; readonly longitude: number },
): number {
  const radians = Math.PI / 180;
  const sineLatitude = Math.sin(((to.latitude - from.latitude) * radians) / 2);
  const sineLongitude = Math.sin(((to.longitude - from.longitude) * radians) / 2);
  const haversine =
    sineLatitude * sineLatitude +
    Math.cos(from.latitude * radians) * Math.cos(to.latitude * radians) * sineLongitude * sineLongitude;
  return Math.round(2 * earthRadiusKm * 1_000 * Math.asin(Math.min(1, Math.sqrt(haversine))));
}
