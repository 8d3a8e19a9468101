using System.Diagnostics;
using Cluster.Lab.Experiments.Nodes;

namespace Cluster.Lab.Experiments.Containers;

/// <summary>docker(1), with the engine that the environment names.</summary>
internal static class Docker
{
    private const string Program = "docker";

    /// <summary>Runs a command and returns what it prints.</summary>
    /// <exception cref="ExperimentException">The command failed, or docker is not installed.</exception>
    public static Task<string> RunAsync(params string[] arguments) => ExternalProgram.ReadAsync(Program, arguments);

    /// <summary>As <see cref="RunAsync"/>, but ignores a failure.</summary>
    public static Task TryAsync(params string[] arguments) => ExternalProgram.TryAsync(Program, arguments);

    /// <summary>Returns the first line of a command that does not end; null: there was none in time.</summary>
    public static async Task<string?> FirstLineAsync(
        TimeSpan patience, CancellationToken cancelled, params string[] arguments)
    {
        var start = new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        try
        {
            return await process.StandardOutput.ReadLineAsync(cancelled).AsTask().WaitAsync(patience, cancelled)
                .ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            process.Kill();
        }
    }
}
