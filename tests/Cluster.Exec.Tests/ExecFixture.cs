using System.Diagnostics;
using Cluster.EndToEnd.Processes;

namespace Cluster.Exec.Tests;

/// <summary>A node, and an agent with a directory of its own. Programs run by the launcher of ipc exec.</summary>
public sealed class ExecFixture : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _directory = Directory.CreateTempSubdirectory("ipc-exec-").FullName;
    private readonly List<Process> _agents = [];

    public NodeProcess Node { get; private set; } = null!;

    /// <summary>Where the first agent has its files.</summary>
    public string Agent { get; private set; } = "";

    public static string Launcher => NodeProcess.Metadata("Launcher");

    public async Task InitializeAsync()
    {
        // A temporary directory that only root may enter hides the socket from programs that become another user.
        File.SetUnixFileMode(_directory, (UnixFileMode)0b111_001_001);
        Node = await NodeProcess.StartAsync($"unix:{Socket}");
        Agent = await StartAgentAsync("first");
    }

    public async Task DisposeAsync()
    {
        foreach (var agent in _agents)
        {
            agent.Kill();
            await agent.WaitForExitAsync();
            agent.Dispose();
        }

        await Node.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Starts an agent, and waits until it listens. Returns its directory.</summary>
    public async Task<string> StartAgentAsync(string name)
    {
        var directory = Path.Combine(_directory, name);
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var word in (string[])[NodeProcess.Metadata("Cli"), "agent", "--directory", directory])
            start.ArgumentList.Add(word);
        var agent = Process.Start(start)!;
        _agents.Add(agent);
        Assert.Equal("the agent listens", await agent.StandardOutput.ReadLineAsync().WaitAsync(Patience));
        return directory;
    }

    /// <summary>A directory for what a test makes.</summary>
    public string Scratch(string name) => Directory.CreateDirectory(Path.Combine(_directory, name)).FullName;

    /// <summary>Runs a program under ipc exec to its end.</summary>
    public Task<CliRun> RunAsync(params string[] words) => RunAtAsync(Agent, words);

    /// <summary>The path of the Unix socket of the node.</summary>
    public string Socket => Path.Combine(Scratch("node"), "ipc.sock");

    /// <summary>As <see cref="RunAsync"/>, by way of another agent.</summary>
    public async Task<CliRun> RunAtAsync(string agent, params string[] words)
    {
        using var process = Begin(agent, words);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
            return new CliRun(process.ExitCode, await output, await error);
        }
        finally
        {
            process.Kill();
        }
    }

    /// <summary>Starts a program under ipc exec.</summary>
    public Process Begin(string agent, params string[] words)
    {
        var start = new ProcessStartInfo(Launcher)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        foreach (var word in (string[])["--connect", Node.Address, "--directory", agent, .. words])
            start.ArgumentList.Add(word);
        return Process.Start(start)!;
    }
}

[CollectionDefinition(Name)]
public sealed class ExecCollection : ICollectionFixture<ExecFixture>
{
    public const string Name = "exec";
}
