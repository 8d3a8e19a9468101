using System.Diagnostics;

namespace Cluster.Lab.Experiments.Nodes;

/// <summary>Runs a program to its end.</summary>
internal static class ExternalProgram
{
    /// <summary>The exit code if the program does not exist.</summary>
    public const int NotFound = 127;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs a program.</summary>
    /// <exception cref="ExperimentException">The program does not exist, or failed.</exception>
    public static async Task RunAsync(string program, params string[] arguments)
    {
        var (code, error) = await TryAsync(program, arguments).ConfigureAwait(false);
        if (code != 0)
            throw new ExperimentException($"{program} {string.Join(' ', arguments)}: {error.Trim()} ({code})");
    }

    /// <summary>Runs a program and returns its standard output.</summary>
    /// <exception cref="ExperimentException">The program does not exist, or failed.</exception>
    public static async Task<string> ReadAsync(string program, params string[] arguments)
    {
        var (code, output, error) = await RunToEndAsync(program, arguments).ConfigureAwait(false);
        return code == 0
            ? output
            : throw new ExperimentException($"{program} {string.Join(' ', arguments)}: {error.Trim()} ({code})");
    }

    /// <summary>Runs a program and returns its exit code, and its standard output and standard error.</summary>
    public static async Task<(int Code, string Output)> ReadAllAsync(string program, params string[] arguments)
    {
        var (code, output, error) = await RunToEndAsync(program, arguments).ConfigureAwait(false);
        return (code, output + error);
    }

    /// <summary>Runs a program and returns its exit code and standard error.</summary>
    public static async Task<(int Code, string Error)> TryAsync(string program, params string[] arguments)
    {
        var (code, _, error) = await RunToEndAsync(program, arguments).ConfigureAwait(false);
        return (code, error);
    }

    private static async Task<(int Code, string Output, string Error)> RunToEndAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = Path.GetTempPath(),
        };
        try
        {
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(Patience).ConfigureAwait(false);
            return (process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            return (NotFound, "", exception.Message);
        }
    }
}
