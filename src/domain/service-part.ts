// A service may be split over processes that share a database: one part serves and watches, the other computes.

/**
 * `pages`: everything but the analyses: pages and API, the watch, what is sent here, deliveries, notices; it opens no network.
 * `analyses`: only the analyses, which need the processor or the GPU.
 */
export const SERVICE_PARTS = ['pages', 'analyses'] as const
export type ServicePart = (typeof SERVICE_PARTS)[number]
