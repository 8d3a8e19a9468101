using System.Diagnostics;
using System.Reflection;

namespace Cluster.Containers.Engines;

/// <summary>One run of a program.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
public sealed record Run(int ExitCode, string Output, string Error)
{
    /// <summary>Runs it to its end.</summary>
    /// <param name="patience">How long it may take; it is killed then.</param>
    /// <param name="environment">Additional variables of the environment.</param>
    /// <param name="command">The program and its arguments.</param>
    public static async Task<Run> ToEndAsync(
        TimeSpan patience, IReadOnlyDictionary<string, string> environment, params string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(patience);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{string.Join(' ', command)} did not end in {patience.TotalSeconds} s");
        }

        return new Run(process.ExitCode, await output, await error);
    }

    /// <summary>Where a program is on the path; null: nowhere.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Concat(["/usr/sbin", "/sbin"])
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>The value in the project file.</summary>
    public static string Metadata(string key) => typeof(Run).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .First(one => one.Key == key).Value!;

    /// <summary>The output of a run that succeeded.</summary>
    /// <exception cref="InvalidOperationException">It did not.</exception>
    public string Succeeded(string what) => ExitCode == 0
        ? Output
        : throw new InvalidOperationException($"{what} ended with {ExitCode}: {Tail(Error)} {Tail(Output)}");

    private static string Tail(string text) => text.Length <= 2_000 ? text : text[^2_000..];
}
