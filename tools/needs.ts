/** What a machine must have before anything is built or tested: everything missing is named at once. */

export interface Need {
  /** A program on the PATH. */
  readonly program: string;
  /** What it is for. */
  readonly use: string;
  /** How to install it: a Debian package, or words. */
  readonly install: { readonly apt: string } | { readonly by: string };
}

export const BUILD_NEEDS: readonly Need[] = [
  { program: "cargo", use: "the Rust library", install: { by: "https://rustup.rs" } },
  { program: "cc", use: "the libraries in C", install: { apt: "gcc" } },
  { program: "make", use: "OpenSSL and librdkafka", install: { apt: "make" } },
  { program: "perl", use: "OpenSSL", install: { apt: "perl" } },
];

export const TEST_NEEDS: readonly Need[] = [
  ...BUILD_NEEDS,
  { program: "zstd", use: "the executable and the fuzz corpus", install: { apt: "zstd" } },
  { program: "tar", use: "the fuzz corpus", install: { apt: "tar" } },
  { program: "valgrind", use: "counting instructions", install: { apt: "valgrind" } },
  { program: "chromium", use: "the page", install: { apt: "chromium" } },
  { program: "ip", use: "network namespaces", install: { apt: "iproute2" } },
  { program: "mount", use: "small file systems", install: { apt: "mount" } },
  { program: "java", use: "a Kafka broker", install: { apt: "openjdk-17-jre-headless" } },
  { program: "mvn", use: "getting that broker", install: { apt: "maven" } },
  { program: "go", use: "an S3 server", install: { apt: "golang-go" } },
  { program: "openssl", use: "certificates", install: { apt: "openssl" } },
];

/** Whether a program is on the PATH. */
function isThere(program: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((folder) => {
    try {
      const { isFile, mode } = Deno.statSync(`${folder}/${program}`);
      return isFile && ((mode ?? 0) & 0o111) !== 0;
    } catch {
      return false;
    }
  });
}

/** One line that names everything missing and how to install it; undefined when nothing is. */
export function missing(
  needs: readonly Need[],
  has: (program: string) => boolean = isThere,
): string | undefined {
  const lacking = needs.filter(({ program }) => !has(program));
  if (lacking.length === 0) return undefined;
  const packages = lacking.flatMap(({ install }) => "apt" in install ? [install.apt] : []);
  const ways = [
    ...packages.length > 0 ? [`apt-get install ${packages.join(" ")}`] : [],
    ...lacking.flatMap(({ program, install }) => "by" in install ? [`${program} from ${install.by}`] : []),
  ];
  const names = lacking.map(({ program, use }) => `${program} (${use})`).join(", ");
  return `Cannot begin: this machine lacks ${names}. Install: ${ways.join("; ")}`;
}

/** Throws with the line of {@link missing}. */
export function need(needs: readonly Need[]): void {
  const line = missing(needs);
  if (line) throw new Error(line);
}
