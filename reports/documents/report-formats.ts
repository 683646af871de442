// What a report can be written as.

export const reportFormats = ['html', 'md', 'json', 'csv', 'junit'] as const;
export type ReportFormat = (typeof reportFormats)[number];
