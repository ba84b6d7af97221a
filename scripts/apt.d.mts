/** See `apt.mjs`, which is plain JavaScript because it runs before anything is installed. */
export function ensureDebianPackages(
  names: readonly string[],
  wish: {
    readonly probe: string;
    readonly without: string;
    readonly cache?: string;
    readonly budgetMs?: number;
  },
): Promise<
  | { readonly env: Readonly<Record<string, string>>; readonly tree: string | null }
  | { readonly problem: string }
>;
