using System.Diagnostics;
using Cluster.EndToEnd.Processes;

namespace Cluster.Exec.Tests;

/// <summary>What the machine has. A test that needs what is not there is skipped, and says so.</summary>
internal static class Tools
{
    private const string Required = "EXEC_REQUIRED";

    /// <summary>Skips the test if a program is not installed; with EXEC_REQUIRED it fails.</summary>
    public static string Find(string program)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);
        Need(path is not null, $"{program} is not installed");
        return path!;
    }

    /// <summary>Skips the test unless a condition holds; with EXEC_REQUIRED it fails.</summary>
    public static void Need(bool condition, string otherwise)
    {
        if (Environment.GetEnvironmentVariable(Required) is { Length: > 0 })
            Assert.True(condition, otherwise);
        Skip.IfNot(condition, otherwise);
    }

    /// <summary>Skips the test if the launcher was not built, because there was no C compiler.</summary>
    public static void NeedShim() => Need(File.Exists(ExecFixture.Launcher), "ipc-exec was not built: no C compiler");

    /// <summary>Compiles a program of the folder C; returns its path.</summary>
    public static async Task<string> CompileAsync(string name, string directory)
    {
        NeedShim();
        var output = Path.Combine(directory, name);
        var source = Path.Combine(NodeProcess.Metadata("Programs"), name + ".c");
        var start = new ProcessStartInfo(Find("gcc")) { RedirectStandardError = true };
        string[] words =
            ["-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-o", output, source, "-pthread", "-lrt"];
        foreach (var word in words) start.ArgumentList.Add(word);
        using var compiler = Process.Start(start)!;
        var said = await compiler.StandardError.ReadToEndAsync();
        await compiler.WaitForExitAsync();
        Assert.True(compiler.ExitCode == 0, said);
        return output;
    }
}
