/** The generated files: text by path from the root of the repository. */
export declare function renderReportValidator(): Readonly<Record<string, string>>;
