using System.Diagnostics;
using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>
/// The harness of the third-party suites tells right from wrong: tests/suites/check. It makes IPC namespaces and compiles
/// a preloaded library. A machine where that is not possible skips the test.
/// </summary>
public sealed class SuitesTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [SkippableFact]
    public async Task The_harness_of_the_suites_tells_right_from_wrong()
    {
        foreach (var program in (string[])["unshare", "setpriv", "ipcmk", "ipcs", "gcc", "awk", "xargs"])
        {
            Skip.IfNot(IsOnPath(program), $"{program} was not found on this machine.");
        }

        var namespaces = await RunAsync("unshare", "--ipc", "--mount", "true");
        Skip.IfNot(namespaces.Status == 0, $"This process may not make an IPC namespace: {namespaces.Output}");
        var check = await RunAsync(Path.Combine(NodeProcess.Metadata("Root"), "tests", "suites", "check"));
        Assert.True(check.Status == 0, check.Output);
    }

    private static bool IsOnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Any(folder => File.Exists(Path.Combine(folder, program)));

    private static async Task<(int Status, string Output)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Patience);
        return (process.ExitCode, await output + await errors);
    }
}
