using System.Runtime.InteropServices;

namespace Cluster.Containers.Engines;

/// <summary>The images that a cluster is made of, by name.</summary>
/// <param name="Sdk">To build with; empty: the Dockerfile's default.</param>
/// <param name="Runtime">To run in; empty: the Dockerfile's default.</param>
/// <param name="Postgres">The journal's; empty: the compose file's default.</param>
/// <param name="Origin">Where they are from, for the log.</param>
internal sealed record Images(string Sdk, string Runtime, string Postgres, string Origin)
{
    private const string UserId = "1654";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    // Most of the files, without use for a server: query compilers, manuals, languages, lists.
    private static readonly string[] Ballast =
    [
        "./usr/share/doc", "./usr/share/man", "./usr/share/locale", "./usr/share/i18n", "./var/cache",
        "./var/lib/apt/lists", "./usr/lib/*/libLLVM*", "./usr/lib/postgresql/*/lib/bitcode", "./usr/lib/llvm*",
        "./proc/*", "./sys/*", "./dev/*",
    ];

    /// <summary>The variables of the compose file.</summary>
    public IEnumerable<(string Name, string Image)> ByVariable =>
        [("SDK_IMAGE", Sdk), ("RUNTIME_IMAGE", Runtime), ("POSTGRES_IMAGE", Postgres)];

    /// <summary>
    /// The images that the environment names, or substitutes for the official ones, built from the files of this
    /// machine.
    /// </summary>
    /// <param name="docker">Runs docker.</param>
    /// <exception cref="InvalidOperationException">There is no way to them here.</exception>
    public static async Task<Images> GetAsync(Docker docker)
    {
        var (sdk, runtime, postgres) = (Of("SDK_IMAGE"), Of("RUNTIME_IMAGE"), Of("POSTGRES_IMAGE"));
        if (sdk.Length > 0 || runtime.Length > 0 || postgres.Length > 0 || Of("CONTAINERS_OFFICIAL") == "1")
            return new Images(
                sdk, runtime, postgres, "as the environment says; what it does not name is the official image");
        return await StandInAsync(docker);
    }

    private static string Of(string variable) => Environment.GetEnvironmentVariable(variable) ?? "";

    private static async Task<Images> StandInAsync(Docker docker)
    {
        var debootstrap = Run.Find("debootstrap") ?? throw new InvalidOperationException(
            "debootstrap, which makes stand-ins for the official images, is not installed; "
            + "CONTAINERS_OFFICIAL=1 takes those");
        var folder = Directory.CreateTempSubdirectory("ipc-images-").FullName;
        try
        {
            var root = Of("CONTAINERS_ROOT");
            if (root.Length == 0)
            {
                root = Path.Combine(folder, "root");
                (await Run.ToEndAsync(
                    Patience, new Dictionary<string, string>(), debootstrap, "--variant=minbase",
                    "--include=ca-certificates,gcc,libc6-dev,libssl3,libstdc++6,zlib1g,postgresql", Release(), root))
                    .Succeeded("debootstrap");
            }

            var excluded = string.Join(' ', Ballast.Select(path => $"--exclude='{path}'"));
            var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));
            var entry = $"{folder}/entry";
            Directory.CreateDirectory(entry);
            File.Copy(Path.Combine(AppContext.BaseDirectory, "Engines", "postgres-entry.sh"), $"{entry}/entry.sh");
            // A volume is made with the owner that its place has in the image.
            await docker.ShellAsync(
                $"chmod 755 {entry}/entry.sh && cd '{root}/var/lib/postgresql' && mkdir -p data "
                + "&& chown --reference=. data && chmod 700 data",
                Patience);
            // Neither the database nor what runs needs the compiler.
            const string Compiler = " --exclude='./usr/lib/gcc' --exclude='./usr/libexec/gcc' --exclude='./usr/include'";
            var binaries =
                Directory.GetDirectories(Path.Combine(root, "usr/lib/postgresql"))[0][root.Length..] + "/bin";
            // The restore in the build uses the feed and the trusted certificates of this machine.
            string[] own =
                ["etc/ssl/certs", "usr/share/ca-certificates", "usr/local/share/ca-certificates", "root/.nuget/NuGet"];
            await ImportAsync(
                docker, "ipc-standin-postgres",
                $"-C {entry} entry.sh -C '{root}' {excluded}{Compiler} .",
                $"PATH={binaries}:/usr/local/bin:/usr/bin:/bin", "PGDATA=/var/lib/postgresql/data");
            excluded +=
                " --exclude='./usr/lib/postgresql' --exclude='./usr/share/postgresql' --exclude='./usr/share/perl'";
            await ImportAsync(
                docker, "ipc-standin-runtime",
                $"-C '{root}' {excluded}{Compiler} . -C / {dotnet[1..]}/host {dotnet[1..]}/shared {dotnet[1..]}/dotnet",
                $"PATH={dotnet}:/usr/local/bin:/usr/bin:/bin", $"DOTNET_ROOT={dotnet}", $"APP_UID={UserId}");
            // The engine takes no path twice.
            var without = string.Join(' ', own.Select(path => $"--exclude='./{path}'"));
            await ImportAsync(
                docker, "ipc-standin-sdk",
                $"-C '{root}' {excluded} {without} . -C / {dotnet[1..]} "
                + $"{string.Join(' ', own.Where(one => Path.Exists($"/{one}")))}",
                $"PATH={dotnet}:/usr/local/bin:/usr/bin:/bin", $"DOTNET_ROOT={dotnet}", "DOTNET_NOLOGO=1",
                "DOTNET_CLI_TELEMETRY_OPTOUT=1", $"NUGET_CERT_REVOCATION_MODE={Of("NUGET_CERT_REVOCATION_MODE")}");
            return new Images(
                "ipc-standin-sdk", "ipc-standin-runtime", "ipc-standin-postgres",
                $"STAND-INS for the official images: Debian {Release()} by debootstrap, "
                + $"this machine's .NET ({dotnet}), Debian's PostgreSQL");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Release() => File.ReadAllLines("/etc/os-release")
        .Where(line => line.StartsWith("VERSION_CODENAME=", StringComparison.Ordinal))
        .Select(line => line["VERSION_CODENAME=".Length..]).FirstOrDefault("stable");

    private static async Task ImportAsync(Docker docker, string name, string files, params string[] environment)
    {
        var changes = string.Join(' ', environment.Select(one => $"--change 'ENV {one}'"));
        if (name.EndsWith("postgres", StringComparison.Ordinal))
        {
            changes += " --change 'USER postgres' --change 'VOLUME /var/lib/postgresql/data' "
                + "--change 'ENTRYPOINT [\"/entry.sh\"]'";
        }

        await docker.ShellAsync($"tar --ignore-failed-read -c {files} | docker import {changes} - {name}", Patience);
    }
}
