namespace Cluster.Containers.Engines;

/// <summary>docker(1) and Compose, with one engine.</summary>
/// <param name="environment">Their environment.</param>
internal sealed class Docker(IReadOnlyDictionary<string, string> environment)
{
    /// <summary>How long a command may take that builds nothing.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>The environment.</summary>
    public IReadOnlyDictionary<string, string> Environment => environment;

    /// <summary>The same with more in its environment.</summary>
    public Docker With(IReadOnlyDictionary<string, string> more) => new(
        environment.Concat(more).GroupBy(one => one.Key).ToDictionary(one => one.Key, one => one.Last().Value));

    /// <summary>Runs docker.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public Task<string> RunAsync(params string[] arguments) => RunAsync(Patience, ["docker", .. arguments]);

    /// <summary>Runs Compose, whichever of the two there is.</summary>
    /// <exception cref="InvalidOperationException">It failed, or there is none.</exception>
    public async Task<string> ComposeAsync(TimeSpan patience, params string[] arguments)
    {
        var plugin = await Run.ToEndAsync(Patience, environment, "docker", "compose", "version");
        string[] compose = plugin.ExitCode == 0 ? ["docker", "compose"] : ["docker-compose"];
        if (plugin.ExitCode != 0 && Run.Find("docker-compose") is null)
            throw new InvalidOperationException("neither docker compose nor docker-compose is installed");
        return await RunAsync(patience, [.. compose, .. arguments]);
    }

    /// <summary>Runs a line of shell.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public Task<string> ShellAsync(string line, TimeSpan patience) =>
        RunAsync(patience, ["bash", "-o", "pipefail", "-c", line]);

    /// <summary>Runs a program.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public async Task<string> RunAsync(TimeSpan patience, string[] command) =>
        (await Run.ToEndAsync(patience, environment, command)).Succeeded(string.Join(' ', command));
}
