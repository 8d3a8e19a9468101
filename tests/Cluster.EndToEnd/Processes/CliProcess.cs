using System.Diagnostics;

namespace Cluster.EndToEnd.Processes;

/// <summary>Runs the ipc tool as a user does.</summary>
public static class CliProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>Runs it to its end.</summary>
    public static Task<CliRun> RunAsync(string address, params string[] arguments) =>
        RunAsync(address, "", arguments);

    /// <summary>Runs it to its end, with a standard input.</summary>
    public static async Task<CliRun> RunAsync(string address, string input, string[] arguments)
    {
        using var process = Start(address, arguments);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Patience);
        return new CliRun(process.ExitCode, await output, await error);
    }

    /// <summary>Starts it.</summary>
    public static Process Start(string address, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.ArgumentList.Add(NodeProcess.Metadata("Cli"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["IPC_CONNECT"] = address;
        return Process.Start(start)!;
    }
}
